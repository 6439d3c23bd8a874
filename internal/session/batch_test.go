package session_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/engine"
	"hearth/internal/session"
)

func program(n *session.NewSession) {
	n.Spec.Setup.Language = ""
	n.Spec.Launch.Batch = &engine.Batch{Main: "/work/job.py", Args: []string{"--day", "1"}}
}

func TestManager_Batch_IsBusyUntilItsProgramEnds(t *testing.T) {
	for _, c := range []struct {
		exit   engine.Exit
		cause  session.Cause
		reason string
	}{
		{engine.Exit{Cause: engine.CauseCompleted, Message: "done", LastLines: []string{"a warning"}}, session.CauseCompleted, ""},
		{
			engine.Exit{Cause: engine.CauseExited, Code: 1, Message: "It ended with exit code 1.", LastLines: []string{"NameError"}},
			session.CauseExited, "It ended with exit code 1.\nNameError",
		},
		{engine.Exit{Cause: engine.CauseOutOfMemory, Message: "No memory."}, session.CauseOutOfMemory, "No memory."},
	} {
		within(t, nil, nil, func(t *testing.T, h *fixture) {
			h.create("a", program)
			synctest.Wait()
			s := h.want("a", session.StateBusy)
			time.Sleep(time.Hour)
			h.restart()
			synctest.Wait()
			h.want("a", session.StateBusy)
			c.exit.Time = time.Now()
			h.driver.End(s.Spec.ID, c.exit)
			synctest.Wait()
			s = h.want("a", session.StateEnded)
			if s.Cause != c.cause || s.Reason != c.reason || s.ExecutionTime(time.Now()) < time.Hour {
				t.Errorf("ended by %s %q after %v", s.Cause, s.Reason, s.ExecutionTime(time.Now()))
			}
		})
	}
}

func TestManager_Batch_EndsWhileTheServerIsAway_IsFoundEnded(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		s := h.create("a", program)
		synctest.Wait()
		h.leave()
		h.driver.End(s.Spec.ID, engine.Exit{Cause: engine.CauseCompleted, Time: time.Now()})
		h.open()
		synctest.Wait()
		if s := h.want("a", session.StateEnded); s.Cause != session.CauseCompleted {
			t.Errorf("ended by %s", s.Cause)
		}
	})
}

func TestManager_Batch_TakesNoStatements(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		h.create("a", program)
		synctest.Wait()
		_, err := h.Run(t.Context(), ref("a"), session.NewStatement{Code: "1"})
		wantKind(t, err, session.Conflict, session.ReasonState)
		_, err = h.Run(t.Context(), ref("a"), session.NewStatement{Language: "r", Code: "1", Failed: &engine.StatementError{}})
		wantKind(t, err, session.Conflict, session.ReasonState)
		_, err = h.Complete(t.Context(), ref("a"), engine.Python, "s", 1)
		wantKind(t, err, session.Conflict, session.ReasonState)
		wantKind(t, h.AddFile(t.Context(), ref("a"), "jar", "/x.jar"), session.Conflict, session.ReasonState)
		wantKind(t, h.Upload(t.Context(), ref("a"), "jar", "x.jar", strings.NewReader("")), session.Conflict, session.ReasonState)
		if s := h.want("a", session.StateBusy); s.Statements != 0 {
			t.Errorf("%d statements", s.Statements)
		}
	})
}

func TestManager_Batch_WithoutAProgram_IsInvalid(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		n := asked("a")
		n.Spec.Launch.Batch = &engine.Batch{Class: "Main"}
		_, err := h.Create(t.Context(), n)
		wantKind(t, err, session.Invalid, "")
		if _, err := h.Get(t.Context(), ref("a")); err == nil {
			t.Error("it is there")
		}
	})
}

func TestManager_Batch_Stopped_EndsByThatCause(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		s := h.create("a", program)
		synctest.Wait()
		if _, err := h.End(t.Context(), ref("a")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if s := h.want("a", session.StateEnded); s.Cause != session.CauseStopped {
			t.Errorf("ended by %s", s.Cause)
		}
		h.wantGone(s.Spec.ID)
	})
}

func TestManager_Batch_LearnsLateWhatItsContextIs(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		h.create("a", program)
		synctest.Wait()
		s := h.want("a", session.StateBusy)
		for _, kind := range []engine.EventKind{engine.EventInfo, engine.EventReady} { // the latter from older supervisors
			info := engine.Info{ApplicationID: "local-" + string(kind), UIAddress: "127.0.0.1:4040"}
			h.driver.Report(s.Spec.ID, engine.Event{Kind: kind, Info: &info})
			synctest.Wait()
			if got := h.want("a", session.StateBusy); got.Info != info || got.ReadyAt != s.ReadyAt {
				t.Errorf("after %s info is %+v, ready at %v", kind, got.Info, got.ReadyAt)
			}
		}
	})
}

// log reads the log of a session.
func (h *fixture) log(id string) string {
	h.t.Helper()
	r, err := h.Log(h.t.Context(), ref(id))
	if err != nil {
		h.t.Fatal(err)
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		h.t.Fatal(err)
	}
	return string(text)
}

// tries makes the batch run again n times.
func tries(n int) func(*session.NewSession) {
	return func(s *session.NewSession) {
		program(s)
		s.Retries = n
		s.Spec.Notes = []string{"granted"}
	}
}

func TestManager_BatchWithTriesLeft_Fails_RunsAgainInAnotherInstance(t *testing.T) {
	for _, cause := range []engine.Cause{engine.CauseExited, engine.CauseCrashed, engine.CauseOutOfMemory, engine.CauseLost} {
		for _, away := range []bool{false, true} {
			within(t, nil, nil, func(t *testing.T, h *fixture) {
				h.create("a", tries(2))
				synctest.Wait()
				seen := map[string]bool{}
				for left := 2; ; left-- {
					s := h.want("a", session.StateBusy)
					if seen[s.Spec.ID] || s.Retries != left {
						t.Fatalf("%s away %v: %d tries left in instance %s of %v", cause, away, s.Retries, s.Spec.ID, seen)
					}
					want := "granted\n"
					if left < 2 {
						want = "granted; run again after: It failed.\n"
					}
					if got := h.log("a"); got != want || s.Tries != 2-left || (s.LastTry == "It failed.") != (left < 2) {
						t.Errorf("the log is %q after %d tries, the last %q", got, s.Tries, s.LastTry)
					}
					for old := range seen {
						if _, err := h.driver.Inspect(t.Context(), engine.Known{ID: old}); !errors.Is(err, engine.ErrNotFound) {
							t.Errorf("of instance %s there is still something: %v", old, err)
						}
					}
					seen[s.Spec.ID] = true
					if away {
						h.leave()
					}
					h.driver.End(s.Spec.ID, engine.Exit{Cause: cause, Time: time.Now(), Message: "It failed.", LastLines: []string{"line"}})
					if away {
						h.open()
					}
					synctest.Wait()
					if left == 0 {
						break
					}
					h.want("a", session.StateStarting) // for a second, then for two
					time.Sleep(time.Duration(3-left) * time.Second)
					synctest.Wait()
				}
				if s := h.want("a", session.StateEnded); s.Reason != "It failed.\nline" {
					t.Errorf("ended by %s %q", s.Cause, s.Reason)
				}
				if _, err := h.Log(t.Context(), ref("a")); err != nil {
					t.Errorf("the last log is gone: %v", err)
				}
			})
		}
	}
}

func TestManager_BatchThatRestsBeforeItsNextTry_EndsAtOnce(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		s := h.create("a", tries(2))
		synctest.Wait()
		h.driver.End(s.Spec.ID, engine.Exit{Cause: engine.CauseExited, Time: time.Now()})
		synctest.Wait()
		h.want("a", session.StateStarting)
		if _, err := h.End(t.Context(), ref("a")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if s := h.want("a", session.StateEnded); s.Cause != session.CauseStopped {
			t.Errorf("it ended by %s", s.Cause)
		}
	})
}

func TestManager_BatchWithTriesLeft_GoodEndOrAsked_DoesNotRunAgain(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		good, stopped := h.create("a", tries(2)), h.create("b", tries(2))
		synctest.Wait()
		h.driver.End(good.Spec.ID, engine.Exit{Cause: engine.CauseCompleted, Time: time.Now()})
		if _, err := h.End(t.Context(), ref("b")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if a, b := h.want("a", session.StateEnded), h.want("b", session.StateEnded); a.Cause != session.CauseCompleted || b.Cause != session.CauseStopped {
			t.Errorf("ended by %s and %s", a.Cause, b.Cause)
		}
		h.wantGone(stopped.Spec.ID)
	})
}
