package session_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"hearth/internal/engine"
	"hearth/internal/engine/fake"
	"hearth/internal/session"
	"hearth/internal/session/sessiontest"
)

// TestManager_AnySequenceOfEvents_KeepsItsPromises plays random users, crashes and restarts against
// one session and looks at every step for a broken promise.
func TestManager_AnySequenceOfEvents_KeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.SampledFrom(moves()), 1, 25).Draw(rt, "steps")
		synctest.Test(t, func(t *testing.T) {
			behave := func(engine.Spec) fake.Behaviour {
				return fake.Behaviour{ReadyAfter: time.Second, StopTakes: time.Second}
			}
			h := &fixture{t: t, store: sessiontest.NewStore(), driver: fake.New(fake.Config{Behave: behave})}
			h.open()
			w := &witness{fixture: h, final: make(map[string]session.StatementState)}
			for _, step := range steps {
				w.play(step)
				synctest.Wait()
				w.look()
			}
			w.close()
		})
	})
}

func moves() []string {
	return []string{
		"create", "create", "run value 1", "run sleep 5s", "run hang", "run ignore_interrupt; sleep 20s",
		"run crash", "job pickle 1", "job sleep 5s", "cancel job", "cancel", "cancel", "stop", "delete", "disconnect", "restart", "wait 1", "wait 10",
	}
}

// witness checks what may never happen.
type witness struct {
	*fixture
	ids   []string
	final map[string]session.StatementState
}

func (w *witness) play(step string) {
	ctx := w.t.Context()
	last, err := w.Get(ctx, ref("a"))
	code, isRun := strings.CutPrefix(step, "run ")
	script, isJob := strings.CutPrefix(step, "job ")
	switch {
	case step == "create":
		s, err := w.Create(ctx, asked("a"))
		if err == nil {
			w.ids = append(w.ids, s.ID)
		}
		return
	case step == "restart":
		w.restart()
		return
	case step == "wait 1":
		time.Sleep(time.Second)
		return
	case step == "wait 10":
		time.Sleep(10 * time.Second)
		return
	case err != nil:
		return
	case step == "stop":
		_, err = w.End(ctx, ref("a"))
	case step == "delete":
		err = w.Delete(ctx, ref("a"))
	case step == "disconnect":
		w.driver.Disconnect(last.Spec.ID)
	case step == "cancel":
		_ = w.Cancel(ctx, ref("a"), session.StatementRef{Place: w.last(last, session.SeriesCode)}) // refused where there is nothing to cancel
	case step == "cancel job":
		_ = w.Cancel(ctx, ref("a"), session.StatementRef{Series: session.SeriesJobs, Place: w.last(last, session.SeriesJobs)})
	case isJob:
		_, err = w.Run(ctx, ref("a"), job(base64.StdEncoding.EncodeToString([]byte(script))))
		if takes := last.State.Runnable() || last.State == session.StateStarting; (err == nil) != takes {
			w.t.Fatalf("job for a session that is %s: %v", last.State, err)
		}
		return
	case isRun:
		_, err = w.Run(ctx, ref("a"), session.NewStatement{Code: code})
		if (err == nil) != last.State.Runnable() {
			w.t.Fatalf("run on a session that is %s: %v", last.State, err)
		}
		return
	}
	if err != nil {
		w.t.Fatalf("%s: %v", step, err)
	}
}

// last is the place of the newest statement of a series.
func (w *witness) last(s session.Session, series session.Series) int64 {
	n, err := w.store.CountStatements(w.t.Context(), s.ID, series)
	if err != nil {
		w.t.Fatal(err)
	}
	return int64(n)
}

func (w *witness) look() {
	for _, id := range w.ids {
		s, err := w.store.Session(w.t.Context(), id)
		if err != nil {
			continue // deleted for good
		}
		if !slices.Contains(session.States(), s.State) {
			w.t.Fatalf("unknown state %q", s.State)
		}
		if (s.State == session.StateEnded) == s.EndedAt.IsZero() || (s.State == session.StateEnded && s.Cause == "") {
			w.t.Fatalf("%s with end %v and cause %q", s.State, s.EndedAt, s.Cause)
		}
		w.lookAtStatements(&s)
		if ran := w.driver.Ran(s.Spec.ID); len(slices.Compact(slices.Sorted(slices.Values(ran)))) != len(ran) || !slices.IsSorted(ran) {
			w.t.Fatalf("statements ran as %v", ran)
		}
	}
}

func (w *witness) lookAtStatements(s *session.Session) {
	code, errCode := w.store.ListStatements(w.t.Context(), s.ID, session.SeriesCode, session.Page{Limit: 1000})
	jobs, errJobs := w.store.ListStatements(w.t.Context(), s.ID, session.SeriesJobs, session.Page{Limit: 1000})
	if err := errors.Join(errCode, errJobs); err != nil {
		w.t.Fatal(err)
	}
	if len(code)+len(jobs) != int(s.Statements) {
		w.t.Fatalf("%d statements and %d jobs, counted as %d", len(code), len(jobs), s.Statements)
	}
	for _, series := range [][]session.BriefStatement{code, jobs} {
		for i, st := range series {
			if st.Place != int64(i+1) {
				w.t.Fatalf("statement %d has place %d of series %q, want %d", st.Number, st.Place, st.Series, i+1)
			}
		}
	}
	for _, st := range slices.Concat(code, jobs) {
		key := fmt.Sprint(s.ID, st.Number)
		if was, ok := w.final[key]; ok && was != st.State {
			w.t.Fatalf("a final statement went from %s to %s", was, st.State)
		}
		if st.State.Final() {
			w.final[key] = st.State
		} else if s.State == session.StateEnded {
			w.t.Fatalf("statement %d is %s in an ended session", st.Number, st.State)
		}
	}
}

// close ends everything in order and looks for what is left.
func (w *witness) close() {
	if err := w.Stop(w.t.Context(), false); err != nil {
		w.t.Fatalf("orderly stop: %v", err)
	}
	w.look()
	found, err := w.driver.Find(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, f := range found {
		if f.Alive {
			w.t.Fatalf("instance %s is left", f.ID)
		}
	}
	w.driver.Close()
}
