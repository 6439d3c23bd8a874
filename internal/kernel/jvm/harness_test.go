package jvm_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/spark"
	"hearth/internal/kernel"
	"hearth/internal/kernel/jvm"
)

// venvVar names a Python environment with pyspark in it, the runtime on which the tests of the real
// agent run.
const venvVar = "HEARTH_TEST_VENV"

// runtimeUnderTest finds the runtime's jars and compiles the agent with them.
func runtimeUnderTest(t *testing.T) spark.Runtime {
	t.Helper()
	venv := os.Getenv(venvVar)
	if venv == "" {
		t.Skipf("NOT TESTED: the JVM agent needs a real Spark; set %s to a Python environment with pyspark", venvVar)
	}
	cores, _ := filepath.Glob(filepath.Join(venv, "lib", "*", "site-packages", "pyspark", "jars", "spark-core_*.jar"))
	if len(cores) != 1 {
		t.Fatalf("%s=%s: found %d spark-core jars, want one", venvVar, venv, len(cores))
	}
	jars := filepath.Dir(cores[0])
	scala, version, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(filepath.Base(cores[0]), "spark-core_"), ".jar"), "-")
	path, _ := filepath.Glob(filepath.Join(jars, "*.jar"))
	java, err := exec.LookPath("java")
	if err != nil {
		t.Fatal(err)
	}
	rt := spark.Runtime{Spark: version, Java: java, JavaMajor: 17, Home: filepath.Dir(jars), Python: filepath.Join(venv, "bin", "python")}
	rt.ClassPath = append([]string{compile(t, java, scala, path)}, path...)
	return rt
}

// compile does what the installer of runtimes does with Sources.
func compile(t *testing.T, java, scala string, classPath []string) string {
	t.Helper()
	sources, err := jvm.Sources(scala)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	jar := filepath.Join(dir, "agent.jar")
	args := []string{
		"-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", strings.Join(classPath, ":"),
		"scala.tools.nsc.Main", "-usejavacp", "-d", jar,
	}
	for _, s := range sources {
		name := filepath.Join(dir, s.Name)
		if err := os.WriteFile(name, s.Code, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, name)
	}
	began := time.Now()
	if out, err := exec.Command(java, args...).CombinedOutput(); err != nil {
		t.Fatalf("scalac: %v\n%s", err, out)
	}
	t.Logf("compiled for Scala %s in %v", scala, time.Since(began).Round(time.Millisecond))
	return jar
}

// patience is for a machine that does much else.
const patience = 3 * time.Minute

// agent is a running agent, seen as its supervisor sees it.
type agent struct {
	t      *testing.T
	cmd    *exec.Cmd
	in     io.WriteCloser
	frames chan kernel.Frame
	log    *syncBuffer
	began  time.Time
}

// start runs an agent of a Scala session whose request asked for conf.
func start(t *testing.T, rt spark.Runtime, conf map[string]string) *agent {
	t.Helper()
	return startFor(t, rt, engine.Scala, conf)
}

func startFor(t *testing.T, rt spark.Runtime, lang engine.Language, conf map[string]string) *agent {
	t.Helper()
	dir := t.TempDir()
	dirs := spark.Dirs{
		Work: dir, Scratch: filepath.Join(dir, "scratch"),
		ConfFile: filepath.Join(dir, "spark.conf"), LogConfig: filepath.Join(dir, "log4j2.properties"),
	}
	given := spark.Given{Cores: 2, MemoryMB: 1024}
	spec := engine.Spec{ID: "i1", Setup: engine.Setup{AppName: "agent test", Conf: conf}}
	write(t, dirs.ConfFile, spark.Conf(spec, given, dirs).Encode())
	write(t, dirs.LogConfig, spark.LogConfig())
	if err := os.MkdirAll(filepath.Join(dirs.Scratch, "tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	argv, env := spark.JavaCommand(rt, spark.JavaOptions{Given: given, Dirs: dirs, OutFD: 3})
	env = append(env, "HEARTH_LANGUAGE="+string(lang), "TMPDIR="+filepath.Join(dirs.Scratch, "tmp"))
	return launch(t, dir, argv, spark.Environ(os.Environ(), spark.Passing{}, nil, env))
}

func launch(t *testing.T, dir string, argv, env []string) *agent {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	a := &agent{t: t, cmd: exec.Command(argv[0], argv[1:]...), frames: make(chan kernel.Frame, 1000), log: &syncBuffer{}, began: time.Now()}
	a.cmd.Dir, a.cmd.Env, a.cmd.ExtraFiles = dir, env, []*os.File{w}
	a.cmd.Stdout, a.cmd.Stderr = a.log, a.log
	if a.in, err = a.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := a.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	go readFrames(r, a.frames)
	t.Cleanup(func() {
		a.cmd.Process.Kill()
		a.cmd.Wait()
		if t.Failed() {
			t.Logf("log of the agent:\n%s", a.log)
		}
	})
	return a
}

func readFrames(r io.Reader, frames chan<- kernel.Frame) {
	defer close(frames)
	reader := kernel.NewReader(r)
	for {
		f, err := reader.Read()
		if err != nil {
			return
		}
		frames <- f
	}
}

// send writes a frame as the supervisor does.
func (a *agent) send(f kernel.Frame) {
	a.t.Helper()
	if err := kernel.NewWriter(a.in).Write(f); err != nil {
		a.t.Fatal(err)
	}
}

// await returns the next frame of a type and drops those before it.
func (a *agent) await(want kernel.Type) kernel.Frame {
	a.t.Helper()
	late := time.After(patience)
	for {
		select {
		case f, ok := <-a.frames:
			if !ok {
				a.t.Fatalf("the agent ended before a %s frame", want)
			}
			if f.Type == want {
				return f
			}
			if f.Type == kernel.Fatal {
				a.t.Fatalf("fatal: %s", f.Text)
			}
		case <-late:
			a.t.Fatalf("no %s frame within %v", want, patience)
		}
	}
}

// exit waits for the end of the process and returns its code.
func (a *agent) exit() int {
	a.t.Helper()
	done := make(chan struct{})
	go func() { a.cmd.Wait(); close(done) }()
	select {
	case <-done:
		return a.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		a.t.Fatalf("the agent did not end within %v", patience)
		return 0
	}
}

// hasThread reports whether the process has a thread of this name, at most 15 characters long.
func (a *agent) hasThread(name string) bool {
	a.t.Helper()
	tasks, err := filepath.Glob(filepath.Join("/proc", fmt.Sprint(a.cmd.Process.Pid), "task", "*", "comm"))
	if err != nil || len(tasks) == 0 {
		a.t.Fatalf("no threads are listed: %v", err)
	}
	for _, task := range tasks {
		if comm, err := os.ReadFile(task); err == nil && strings.TrimSpace(string(comm)) == name {
			return true
		}
	}
	return false
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// syncBuffer collects the log of a process.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return fmt.Sprint(b.buf.String())
}
