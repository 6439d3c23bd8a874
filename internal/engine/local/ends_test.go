package local_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/local/localtest"
	"hearth/internal/engine/spark"
	"hearth/internal/engine/supervise"
	"hearth/internal/engine/supervise/proc"
	"hearth/internal/kernel"
)

// changed is the stub plan with a change.
func changed(change func(*supervise.Launch)) localtest.Recipe {
	return func(ctx context.Context, s engine.Spec, dir supervise.Dir) (supervise.Plan, error) {
		p, err := localtest.Stub(ctx, s, dir)
		change(&p.Launch)
		return p, err
	}
}

func TestDegrade_PythonDies_OtherLanguagesGoOn(t *testing.T) {
	o := startOne(t, t.TempDir(), localtest.Stub, func(s *engine.Spec) { s.Setup.Degrade = true })
	if r := o.run(1, engine.Python, "crash"); r.Status != engine.StatusLost {
		t.Errorf("result = %+v, want lost", r)
	}
	if e := o.until(engine.EventDegraded); !strings.Contains(e.Text, "python") {
		t.Errorf("degraded: %q", e.Text)
	}
	if r := o.run(2, engine.Scala, "value 2"); r.Status != engine.StatusOK {
		t.Errorf("result of the JVM = %+v, want ok", r)
	}
	if r := o.run(3, engine.Python, "value 2"); r.Status != engine.StatusLost {
		t.Errorf("result of Python = %+v, want lost", r)
	}
}

func TestStep_BeforePython_IsShownAndAwaited(t *testing.T) {
	o := startOne(t, t.TempDir(), changed(func(l *supervise.Launch) {
		l.Processes[1].Before = []supervise.Step{{Name: "baking", Argv: []string{"sh", "-c", "echo kneading; echo baked > baked"}, Dir: l.Processes[1].Dir}}
	}), nil)
	o.until(engine.EventReady)
	if _, err := os.Stat(filepath.Join(o.dir.Run(), "baked")); err != nil {
		t.Error(err)
	}
	log, err := os.ReadFile(o.dir.Log())
	if err != nil || !strings.Contains(string(log), "kneading\n") {
		t.Errorf("the log is %q, %v", log, err)
	}
}

func TestStep_Fails_IsAFailedStartWithItsLastLines(t *testing.T) {
	o := startOne(t, t.TempDir(), changed(func(l *supervise.Launch) {
		l.Processes[1].Before = []supervise.Step{{Name: "baking", Argv: []string{"sh", "-c", "echo the oven is cold >&2; exit 1"}}}
	}), nil)
	exit := o.until(engine.EventExit).Exit
	if exit.Cause != engine.CauseFailedStart || !strings.Contains(exit.Message, "baking") || len(exit.LastLines) != 1 || exit.LastLines[0] != "the oven is cold" {
		t.Errorf("exit = %+v", exit)
	}
}

func TestStart_WithoutProgress_FailsAndSaysWhile(t *testing.T) {
	o := startOne(t, t.TempDir(), changed(func(l *supervise.Launch) {
		l.Stall = 100 * time.Millisecond
		l.Processes[1].Before = []supervise.Step{{Name: "baking", Argv: []string{"sleep", "1000"}}}
	}), nil)
	exit := o.until(engine.EventExit).Exit
	if exit.Cause != engine.CauseFailedStart || !strings.Contains(exit.Message, "no progress") {
		t.Errorf("exit = %+v", exit)
	}
}

// Code of an instance can report any address as that of its UI, which the server asks for pages.
func TestReady_AddressOfTheUI_IsOneOnWhichTheProcessListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := proc.Listens(os.Getpid(), l.Addr().(*net.TCPAddr).AddrPort()); errors.Is(err, proc.ErrUnsupported) {
		t.Logf("every loopback address is taken here: %v", err)
		return
	}
	for address, shown := range map[string]bool{"own": true, l.Addr().String(): false, "192.0.2.1:80": false, "nowhere": false} {
		o := startOne(t, t.TempDir(), localtest.Stub, func(s *engine.Spec) { s.Setup.Env = map[string]string{"STUB_UI": address} })
		if info := o.until(engine.EventReady).Info; (info.UIAddress != "") != shown || info.SparkVersion != "0" {
			t.Errorf("a UI at %q: %+v", address, info)
		}
	}
}

func TestExit_JVMOutOfMemory_IsToldApart(t *testing.T) {
	o := startOne(t, t.TempDir(), localtest.Stub, nil)
	o.until(engine.EventReady)
	if err := o.in.Execute(t.Context(), engine.Statement{Number: 1, Language: engine.Scala, Code: "exhaust"}); err != nil {
		t.Fatal(err)
	}
	if exit := o.until(engine.EventExit).Exit; exit.Cause != engine.CauseOutOfMemory || exit.Process != spark.RoleJVM {
		t.Errorf("exit = %+v", exit)
	}
}

func TestExecute_UnknownLanguage_IsInvalid(t *testing.T) {
	o := startOne(t, t.TempDir(), localtest.Stub, nil)
	err := o.in.Execute(t.Context(), engine.Statement{Number: 1, Language: "cobol", Code: "value 2"})
	if !errors.Is(err, engine.ErrInvalid) || !strings.Contains(err.Error(), "cobol") {
		t.Errorf("Execute = %v, want ErrInvalid that names it", err)
	}
}

func TestAttach_SpoolDamaged_StillReportsTheExit(t *testing.T) {
	o := startOne(t, t.TempDir(), localtest.Stub, nil)
	o.until(engine.EventReady)
	o.run(1, engine.Python, "value 2")
	if err := o.in.Stop(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	o.until(engine.EventExit)
	newest := segments(t, o.dir)[0]
	info, err := os.Stat(newest)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(newest, info.Size()-1); err != nil {
		t.Fatal(err)
	}
	o.attach()
	if e := o.until(engine.EventExit); e.Exit.Cause != engine.CauseStopped || e.Seq != 3 {
		t.Errorf("event = %+v", e)
	}
}

func TestSupervisorKilled_NoServerThere_KernelsEndByThemselves(t *testing.T) {
	o := startOne(t, t.TempDir(), localtest.Stub, nil)
	var kernels []proc.Identity
	for n, language := range []engine.Language{engine.Python, engine.Scala} {
		pid, err := strconv.Atoi(o.run(int64(n+1), language, "pid").Data["text/plain"])
		if err != nil {
			t.Fatal(err)
		}
		id, err := proc.Of(pid)
		if err != nil {
			t.Fatal(err)
		}
		kernels = append(kernels, id)
	}
	o.in.Close() // nobody sweeps
	killed(t, record(t, o.dir).Self)
	for _, k := range kernels {
		dead(t, k)
	}
}

// A daemon that clears its environment and is in no control group, as where there are none, dies
// with its instance all the same.
func TestSupervisorKilled_DaemonWithoutEnvironmentAndGroup_Dies(t *testing.T) {
	o := startOne(t, t.TempDir(), localtest.Stub, nil)
	pid := o.run(1, engine.Python, "orphan bare").Data["text/plain"]
	n, err := strconv.Atoi(pid)
	if err != nil {
		t.Fatal(err)
	}
	daemon, err := proc.Of(n)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = daemon.Kill() })
	r := record(t, o.dir)
	if r.Group != "" {
		if err := os.WriteFile(filepath.Join(filepath.Dir(r.Group), "cgroup.procs"), []byte(pid), 0); err != nil {
			t.Logf("the daemon stays in the control group, which ends it: %v", err)
		}
	}
	killed(t, r.Self)
	if exit := o.until(engine.EventExit).Exit; exit.Cause != engine.CauseLost {
		t.Errorf("exit = %+v", exit)
	}
	if daemon.Alive() {
		t.Error("the daemon lives")
	}
}

// Code of an instance can write the record of its supervisor.
func TestSettle_RecordNamesAnotherFileAsItsSocket_RemovesItsOwnAlone(t *testing.T) {
	for name, data := range map[string]string{"in its directory": shortDir(t), "outside": filepath.Join(t.TempDir(), strings.Repeat("long", 40))} {
		t.Run(name, func(t *testing.T) {
			o := startOne(t, data, localtest.Stub, nil)
			o.until(engine.EventReady)
			other := filepath.Join(t.TempDir(), "s")
			if err := os.WriteFile(other, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			r := record(t, o.dir)
			own := r.Socket
			r.Socket = other
			if err := supervise.WriteJSON(o.dir.Record(), r); err != nil {
				t.Fatal(err)
			}
			killed(t, r.Self)
			o.until(engine.EventExit)
			if _, err := os.Stat(other); err != nil {
				t.Errorf("another file is gone: %v", err)
			}
			if _, err := os.Stat(own); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("its socket is left: %v", err)
			}
		})
	}
}

func TestFind_FilesMakeNoSense_ClearsAwayAndGoesOn(t *testing.T) {
	o := startOne(t, t.TempDir(), localtest.Stub, nil)
	pid := o.run(1, engine.Python, "pid").Data["text/plain"]
	for _, path := range append(segments(t, o.dir), o.dir.Record(), o.dir.Exit()) {
		if err := os.WriteFile(path, []byte("{something else"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found, err := newDriver(t, o.data, localtest.Stub).Find(t.Context())
	if err != nil || len(found) != 1 || found[0].Alive || found[0].Exit.Cause != engine.CauseLost {
		t.Errorf("Find = %+v, %v, want one, lost", found, err)
	}
	if n, err := strconv.Atoi(pid); err != nil {
		t.Error(err)
	} else if id, err := proc.Of(n); err == nil && id.Alive() {
		t.Error("its kernel lives")
	}
	o.attach()
	o.until(engine.EventExit)
}

func TestStop_WhileStarting_EndsAtOnce(t *testing.T) {
	o := startOne(t, t.TempDir(), changed(func(l *supervise.Launch) {
		l.Processes[1].Before = []supervise.Step{{Name: "baking", Argv: []string{"sleep", "1000"}}}
	}), nil)
	o.until(engine.EventPhase)
	if err := o.in.Stop(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	if exit := o.until(engine.EventExit).Exit; exit.Cause != engine.CauseStopped {
		t.Errorf("exit = %+v", exit)
	}
}

func TestProtocol_BrokenByKernel_EndsItAndSaysSo(t *testing.T) {
	o := startOne(t, t.TempDir(), localtest.Stub, nil)
	o.until(engine.EventReady)
	if err := o.in.Execute(t.Context(), engine.Statement{Number: 1, Language: engine.Python, Code: "garbage"}); err != nil {
		t.Fatal(err)
	}
	if exit := o.until(engine.EventExit).Exit; exit.Cause != engine.CauseCrashed || !strings.Contains(exit.Message, "protocol") {
		t.Errorf("exit = %+v", exit)
	}
}

// A statement that the supervisor takes must also fit into the frame in which its kernel gets it,
// or the kernel receives nothing any more.
func TestExecute_CodeAtTheLimit_RunsOrIsRefused(t *testing.T) {
	o := startOne(t, t.TempDir(), localtest.Stub, nil)
	empty, err := kernel.Frame{Type: kernel.Execute, ID: 1, Stmt: 1, Lang: engine.Python, Code: "#"}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	refused, longest := 0, kernel.MaxFrame-len(empty)+1
	for i, less := range []int{-2, 2, 40} {
		st := engine.Statement{Number: int64(i + 1), Language: engine.Python, Code: strings.Repeat("#", longest-less)}
		err := o.in.Execute(t.Context(), st)
		if errors.Is(err, engine.ErrInvalid) {
			refused++
			continue
		}
		if err != nil {
			t.Fatalf("%d characters: %v", len(st.Code), err)
		}
		if r := o.until(engine.EventResult); r.Status != engine.StatusOK {
			t.Fatalf("%d characters: %+v", len(st.Code), r)
		}
	}
	if refused != 2 {
		t.Errorf("%d of 3 were refused, want the two longer ones", refused)
	}
}
