package local_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/enginetest"
	"hearth/internal/engine/local"
	"hearth/internal/engine/local/localtest"
	"hearth/internal/engine/supervise"
	"hearth/internal/engine/supervise/proc"
	"hearth/internal/kernel/py"
	"hearth/internal/session"
	"hearth/internal/session/sessiontest"
)

// life is the whole life of a session in an area of a disk, lived by a client that tries again what
// is refused.
type life struct {
	*session.Manager
	t     *testing.T
	ref   session.Ref
	data  string
	store *sessiontest.Store
	log   *slog.Logger
	// kernels is where the Python kernel is written.
	kernels string
	// ids are the instances that there were.
	ids []string
	// killing is called before a supervisor is killed.
	killing func()
}

// life returns a life that has not begun, in a new area of the disk.
func (d *disk) life(t *testing.T, name string) *life {
	t.Helper()
	data := filepath.Join(d.dir, name)
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	l := &life{t: t, ref: session.Ref{Dialect: "d", ExternalID: "life"}, data: data, kernels: filepath.Join(data, "kernels"), store: sessiontest.NewStore(), log: slog.New(slog.NewTextHandler(t.Output(), nil))}
	t.Cleanup(l.clear)
	return l
}

// everyWrite is the stub plan with a directory, files and a lock of its own.
func (l *life) everyWrite() localtest.Recipe {
	return func(ctx context.Context, s engine.Spec, dir supervise.Dir) (supervise.Plan, error) {
		p, err := localtest.Stub(ctx, s, dir)
		if err != nil {
			return p, err
		}
		if _, err := py.WriteTo(l.kernels); err != nil {
			return p, err
		}
		p.Head = append(p.Head, "the head of the log")
		p.Dirs = []string{filepath.Join(dir.Run(), "work")}
		p.Files = []supervise.File{{Path: filepath.Join(dir.Run(), "work", "conf"), Data: []byte("a configuration")}}
		p.Launch.Hold = []string{filepath.Join(l.data, "used")}
		return p, nil
	}
}

// patient repeats a request until it succeeds. Each refusal must be clear.
func (l *life) patient(what string, request func() error) {
	l.t.Helper()
	looks := time.NewTicker(20 * time.Millisecond)
	defer looks.Stop()
	for limit := time.After(enginetest.Patience); ; {
		err := request()
		if err == nil {
			return
		}
		select {
		case <-looks.C:
		case <-limit:
			l.t.Fatalf("%s: %v", what, err)
		}
	}
}

// begin starts a server, and another one after each that cannot.
func (l *life) begin() {
	l.t.Helper()
	l.patient("start the server", func() error {
		d, err := local.New(local.Config{DataDir: l.data, Binary: os.Args[0], Recipe: l.everyWrite(), Logger: l.log})
		if err != nil {
			return err
		}
		l.Manager = session.NewManager(session.Config{Store: l.store, Engines: engine.Fleet{"local": d}, Log: l.log})
		return l.Start(l.t.Context())
	})
}

// create creates a session until one is idle. Each that fails says why, and goes.
func (l *life) create() session.Session {
	l.t.Helper()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for limit := time.After(enginetest.Patience); ; {
		s := l.ask()
		if s.State == session.StateIdle {
			return s
		}
		l.delete(s)
		select {
		case <-again.C:
		case <-limit:
			l.t.Fatalf("no session starts: %s", s.Reason)
		}
	}
}

// ask creates a session and waits until it is idle or has ended, which must say why.
func (l *life) ask() session.Session {
	l.t.Helper()
	spec := engine.Spec{Launch: engine.Launch{Runtime: "spark-3.5"}, Setup: engine.Setup{Language: engine.Python}}
	s, err := l.Create(l.t.Context(), session.NewSession{Ref: l.ref, Spec: spec, Size: session.Size{Units: 5}})
	if err != nil {
		l.t.Fatal(err)
	}
	l.ids = append(l.ids, s.Spec.ID)
	ctx, cancel := context.WithTimeout(l.t.Context(), enginetest.Patience)
	defer cancel()
	s, err = l.Await(ctx, l.ref, func(s session.Session) bool { return s.State != session.StateStarting })
	if err != nil {
		l.t.Fatalf("the session does not start: %v", err)
	}
	if s.State != session.StateIdle && (s.State != session.StateEnded || s.Cause != session.CauseFailedStart || s.Reason == "") {
		l.t.Errorf("the session that did not start is %s, %s: %q", s.State, s.Cause, s.Reason)
	}
	if s.State == session.StateEnded {
		l.gone(s)
	}
	return s
}

// run runs code and returns the statement's number.
func (l *life) run(code string) int64 {
	l.t.Helper()
	st, err := l.Run(l.t.Context(), l.ref, session.NewStatement{Code: code})
	if err != nil {
		l.t.Fatal(err)
	}
	return st.Number
}

// until waits until a statement is as it should be.
func (l *life) until(n int64, as string, is func(session.Statement) bool) (st session.Statement) {
	l.t.Helper()
	l.patient(fmt.Sprintf("statement %d", n), func() (err error) {
		st, err = l.Statement(l.t.Context(), l.ref, session.StatementRef{Place: n})
		if err == nil && !is(st) {
			err = fmt.Errorf("it is %s %s with %v and has printed %.60q, want %s", st.State, st.Status, st.Error, printed(st), as)
		}
		return err
	})
	return st
}

func printed(st session.Statement) string {
	var b strings.Builder
	for _, o := range st.Output {
		b.WriteString(o.Text)
	}
	return b.String()
}

// lost reports whether the end of a statement says that output of it is missing.
func lost(st session.Statement) bool {
	return st.State == session.StatementDone && st.Status == engine.StatusError && st.Error.Name == "OutputLost"
}

// whole waits for the end of a statement, which has printed and returned this or says that it is
// not all.
func (l *life) whole(n int64, state session.StatementState, text, value string) {
	l.t.Helper()
	l.until(n, fmt.Sprintf("%s with %.60q or a sign that it is not all", state, text), func(st session.Statement) bool {
		return st.State == state && printed(st) == text && st.Result["text/plain"] == value || lost(st)
	})
}

// hanging waits until a statement hangs, and reports whether it does: it is interrupted where its
// output is lost.
func (l *life) hanging(n int64) bool {
	l.t.Helper()
	return !lost(l.until(n, "hanging", func(st session.Statement) bool {
		return st.State == session.StatementRunning && printed(st) == "hanging\n" || lost(st)
	}))
}

// delete deletes the session and waits until nothing of it is left.
func (l *life) delete(s session.Session) {
	l.t.Helper()
	if err := l.Delete(l.t.Context(), l.ref); err != nil {
		l.t.Fatal(err)
	}
	l.patient("the deleted session", func() error {
		if _, err := l.store.Session(l.t.Context(), s.ID); !errors.Is(err, session.NotFound) {
			return fmt.Errorf("is in the store: %w", err)
		}
		return nil
	})
	if _, err := os.Stat(l.dir(s)); !errors.Is(err, os.ErrNotExist) {
		l.t.Errorf("the directory of the deleted session: %v", err)
	}
	l.gone(s)
}

func (l *life) dir(s session.Session) string { return filepath.Join(l.data, "instances", s.Spec.ID) }

// gone demands that no process, control group or temporary file of an ended session is left, as
// soon as its supervisor has told its end.
func (l *life) gone(s session.Session) {
	l.t.Helper()
	dir := supervise.Dir(l.dir(s))
	l.patient("the ended session", func() error {
		if tagged, err := proc.Tagged(s.Spec.ID); err != nil || len(tagged) > 0 {
			return fmt.Errorf("processes are left: %v, %w", tagged, err)
		}
		if g, err := proc.FindGroup(supervise.GroupName(s.Spec.ID)); g != nil || err != nil {
			return fmt.Errorf("its control group is left: %v, %w", g.Path(), err)
		}
		for _, path := range []string{dir.Run(), dir.Secret(), dir.Launch(), dir.Reserve(), filepath.Join(string(dir), "s")} {
			if _, err := os.Lstat(path); err == nil {
				return fmt.Errorf("%s is left", path)
			}
		}
		return nil
	})
}

// live lives the life and demands that nothing is lost and nothing is left.
func (l *life) live() {
	t, ctx := l.t, l.t.Context()
	l.begin()
	s := l.create()
	l.whole(l.run("print one"), session.StatementDone, "one\n", "")
	l.whole(l.run("value 2"), session.StatementDone, "", "2")
	l.patient("upload", func() error {
		return l.Upload(ctx, l.ref, string(engine.FilePython), "m.py", strings.NewReader("a module"))
	})
	if kept, err := filepath.Glob(filepath.Join(l.dir(s), "run", "uploads", "*", "m.py")); err != nil || len(kept) != 1 {
		t.Errorf("uploads: %v, %v", kept, err)
	} else if got, err := os.ReadFile(kept[0]); string(got) != "a module" {
		t.Errorf("the upload is %q, %v", got, err)
	}
	n, next := l.run("hang"), l.run("print three")
	hangs := l.hanging(n)
	if err := l.Stop(ctx, true); err != nil {
		t.Error(err)
	}
	l.begin()
	if hangs {
		if err := l.Cancel(ctx, l.ref, session.StatementRef{Place: n}); err != nil {
			t.Log(err)
		}
	}
	l.whole(n, session.StatementCancelled, "hanging\n", "")
	l.whole(next, session.StatementDone, "three\n", "")
	l.whole(l.run("log four"), session.StatementDone, "", "")
	// More than a segment of the spool, which is given up as soon as it is stored.
	l.whole(l.run(fmt.Sprint("flood ", 1200<<10)), session.StatementDone, strings.Repeat(strings.Repeat("x", 1023)+"\n", 1200), "")
	last, waiting := l.run("hang"), l.run("print five")
	if !l.hanging(last) {
		l.whole(waiting, session.StatementDone, "five\n", "")
		last, waiting = 0, 0
	}
	if _, err := l.EndWithin(ctx, l.ref, enginetest.Patience); err != nil {
		t.Error(err)
	}
	l.ended(s, last, waiting)
	l.over(s)
}

// over deletes the session, ends the server and demands that nothing is left.
func (l *life) over(s session.Session) {
	l.t.Helper()
	l.delete(s)
	if err := l.Stop(l.t.Context(), false); err != nil {
		l.t.Error(err)
	}
	left, err := os.ReadDir(filepath.Join(l.data, "instances"))
	if err != nil || len(left) > 0 {
		l.t.Errorf("directories of instances that are left: %v, %v", left, err)
	}
}

// orphan lives the life of a session whose supervisor is killed. The operations after that are the
// server's own.
func (l *life) orphan() {
	t := l.t
	l.begin()
	s := l.create()
	n := l.run("print one")
	l.whole(n, session.StatementDone, "one\n", "")
	open := l.run("hang")
	l.hanging(open)
	if l.killing != nil {
		l.killing()
	}
	killed(t, record(t, supervise.Dir(l.dir(s))).Self)
	ctx, cancel := context.WithTimeout(t.Context(), enginetest.Patience)
	defer cancel()
	s, err := l.Await(ctx, l.ref, func(s session.Session) bool { return s.State == session.StateEnded })
	if err != nil || s.Cause != session.CauseLost || s.Reason == "" {
		t.Errorf("the session is %s, %s %q: %v", s.State, s.Cause, s.Reason, err)
	}
	l.whole(n, session.StatementDone, "one\n", "")
	l.until(open, "failed with its session", func(st session.Statement) bool {
		return st.State == session.StatementFailed && printed(st) == "hanging\n"
	})
	l.gone(s)
	l.over(s)
}

// ended demands of an ended session that its statements have ended with it, that nothing is left
// beside its log, and that this is whole or says what is missing.
func (l *life) ended(s session.Session, open ...int64) {
	l.t.Helper()
	now, err := l.Get(l.t.Context(), l.ref)
	if err != nil || now.State != session.StateEnded || now.Cause != session.CauseStopped {
		l.t.Errorf("the session is %s, %s %q: %v", now.State, now.Cause, now.Reason, err)
	}
	for _, n := range open {
		if n > 0 {
			l.until(n, "ended with its session", func(st session.Statement) bool {
				return st.State == session.StatementFailed || st.State == session.StatementCancelled
			})
		}
	}
	l.gone(s)
	f, err := l.Log(l.t.Context(), l.ref)
	if err != nil {
		l.t.Fatal(err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if whole := strings.Contains(string(text), "\nfour\n"); err != nil || !whole && !strings.Contains(string(text), "bytes of the log are missing here") ||
		!strings.HasPrefix(string(text), "the head of the log\n") {
		l.t.Errorf("the log, %v:\n%s", err, text)
	}
}

// clear kills what a life that failed has left.
func (l *life) clear() {
	for _, id := range l.ids {
		left, _ := proc.Tagged(id)
		for _, p := range left {
			_ = p.Kill()
		}
	}
}
