package session_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/fake"
	"hearth/internal/session"
)

func TestManager_CancelOfARunningStatement_IsCancelledOnlyWhenItsCodeHasStopped(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		h.ready("a")
		n := h.run("a", "print x; hang")
		h.cancel("a", n)
		h.wantStatement("a", n, session.StatementCancelled)
		h.wantStatement("a", h.run("a", "value 1"), session.StatementDone)

		deaf := h.run("a", "ignore_interrupt; sleep 5s")
		h.cancel("a", deaf)
		h.wantStatement("a", deaf, session.StatementCancelling)
		time.Sleep(6 * time.Second)
		st, err := h.Statement(t.Context(), ref("a"), session.StatementRef{Place: deaf})
		if err != nil || !st.State.Final() {
			t.Errorf("statement is %s, %v", st.State, err)
		}
	})
}

func TestManager_SessionEndsUnderACancelledStatement_ItIsCancelled(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		h.ready("a")
		deaf := h.run("a", "ignore_interrupt; hang")
		waits := h.run("a", "value 1")
		h.cancel("a", deaf)
		h.wantStatement("a", deaf, session.StatementCancelling)
		if _, err := h.End(t.Context(), ref("a")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		h.want("a", session.StateEnded)
		h.wantStatement("a", deaf, session.StatementCancelled)
		h.wantStatement("a", waits, session.StatementFailed)
	})
}

func TestManager_CancelOfAWaitingStatement_NeverStartsIt(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		s := h.ready("a")
		first := h.run("a", "sleep 5s")
		second := h.run("a", "print never")
		h.cancel("a", second)
		h.wantStatement("a", second, session.StatementCancelled)
		h.wantStatement("a", first, session.StatementRunning)
		time.Sleep(6 * time.Second)
		h.wantStatement("a", first, session.StatementDone)
		if ran := fmt.Sprint(h.driver.Ran(s.Spec.ID)); ran != "[1]" {
			t.Errorf("statements ran: %s", ran)
		}
	})
}

func TestManager_CancelWhatCannotBeCancelled_SaysSoAndChangesNothing(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		h.ready("a")
		n := h.run("a", "value 1")
		h.cancel("a", n)
		h.wantStatement("a", n, session.StatementDone)
		wantKind(t, h.Cancel(t.Context(), ref("a"), session.StatementRef{Place: 99}), session.NotFound, session.ReasonNoStatement)
		wantKind(t, h.Cancel(t.Context(), ref("b"), session.StatementRef{Place: 1}), session.NotFound, session.ReasonNoSession)
		if _, err := h.End(t.Context(), ref("a")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		wantKind(t, h.Cancel(t.Context(), ref("a"), session.StatementRef{Place: n}), session.Conflict, session.ReasonState)
	})
}

func TestManager_CancelSurvivesARestartOfTheServer(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		s := h.ready("a")
		n := h.run("a", "hang")
		h.driver.Disconnect(s.Spec.ID)
		if err := h.Cancel(t.Context(), ref("a"), session.StatementRef{Place: n}); err != nil {
			t.Fatal(err)
		}
		h.restart()
		time.Sleep(time.Second)
		h.wantStatement("a", n, session.StatementCancelled)
	})
}

func TestManager_KernelDies_WaitingStatementsFailAndTheIdleClockRuns(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		h.ready("a", func(n *session.NewSession) { n.IdleTimeout, n.Spec.Setup.Degrade = time.Minute, true })
		runs := h.run("a", "sleep 5s; crash")
		var waiting []int64
		for range 3 {
			waiting = append(waiting, h.run("a", "value 1"))
		}
		time.Sleep(6 * time.Second)
		h.want("a", session.StateDegraded)
		for _, n := range append(waiting, runs) {
			h.wantStatement("a", n, session.StatementFailed)
		}
		time.Sleep(time.Minute)
		h.want("a", session.StateEnded)
	})
}

func TestManager_IdleDeadline_PassesAtItsEdgeAndNeverWhileBusy(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		h.ready("a", func(n *session.NewSession) { n.IdleTimeout = time.Minute })
		time.Sleep(59 * time.Second)
		synctest.Wait()
		h.want("a", session.StateIdle)
		n := h.run("a", "sleep 10m")
		time.Sleep(9 * time.Minute)
		h.want("a", session.StateBusy)
		time.Sleep(time.Minute + 58*time.Second)
		h.wantStatement("a", n, session.StatementDone)
		h.want("a", session.StateIdle)
		time.Sleep(4 * time.Second)
		if s := h.want("a", session.StateEnded); s.Cause != session.CauseIdle {
			t.Errorf("cause is %s", s.Cause)
		}
	})
}

func TestManager_Lifetime_EndsAlsoABusySession(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		h.ready("a", func(n *session.NewSession) { n.Lifetime = 2 * time.Minute })
		h.run("a", "sleep 1h")
		time.Sleep(119 * time.Second)
		h.want("a", session.StateBusy)
		time.Sleep(3 * time.Second)
		if s := h.want("a", session.StateEnded); s.Cause != session.CauseLifetime {
			t.Errorf("cause is %s", s.Cause)
		}
	})
}

func TestManager_Downtime_ExtendsIdleDeadlinesAndNotLifetimes(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		h.ready("idle", func(n *session.NewSession) { n.IdleTimeout = time.Minute })
		h.ready("old", func(n *session.NewSession) { n.Lifetime = time.Minute })
		time.Sleep(10 * time.Second)
		h.leave()
		time.Sleep(time.Hour)
		h.open()
		time.Sleep(2 * time.Second)
		h.want("idle", session.StateIdle)
		if s := h.want("old", session.StateEnded); s.Cause != session.CauseLifetime {
			t.Errorf("cause is %s", s.Cause)
		}
		time.Sleep(time.Minute)
		h.want("idle", session.StateEnded)
	})
}

func TestManager_Delete_FreesTheIdAtOnceAndLeavesNothing(t *testing.T) {
	dying := func(engine.Spec) fake.Behaviour { return fake.Behaviour{StopTakes: 5 * time.Second} }
	within(t, dying, nil, func(t *testing.T, h *fixture) {
		old := h.ready("a")
		h.run("a", "hang")
		if err := h.Delete(t.Context(), ref("a")); err != nil {
			t.Fatal(err)
		}
		_, err := h.Get(t.Context(), ref("a"))
		wantKind(t, err, session.NotFound, session.ReasonNoSession)
		again := h.ready("a")
		if again.ID == old.ID || again.Spec.ID == old.Spec.ID {
			t.Error("an internal id was used twice")
		}
		time.Sleep(10 * time.Second)
		if _, err := h.store.Session(t.Context(), old.ID); !errors.Is(err, session.NotFound) {
			t.Errorf("the deleted session is still stored: %v", err)
		}
		if _, err := h.driver.Inspect(t.Context(), engine.Known{ID: old.Spec.ID}); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("the deleted session's instance left a trace: %v", err)
		}
		h.want("a", session.StateIdle)
	})
}

func TestManager_DeleteOfAnEndedSession_RemovesItsLog(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		s := h.ready("a")
		if _, err := h.End(t.Context(), ref("a")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		log, err := h.Log(t.Context(), ref("a"))
		if err != nil {
			t.Fatalf("an ended session has no log: %v", err)
		}
		log.Close()
		if err := h.Delete(t.Context(), ref("a")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if _, err := h.driver.Inspect(t.Context(), engine.Known{ID: s.Spec.ID}); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("instance after delete: %v", err)
		}
	})
}

func TestManager_Retention_RemovesEndedSessionsAfterItAndNotBefore(t *testing.T) {
	within(t, nil, func(c *session.Config) { c.Retention = time.Hour }, func(t *testing.T, h *fixture) {
		h.ready("a")
		if _, err := h.End(t.Context(), ref("a")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(58 * time.Minute)
		h.want("a", session.StateEnded)
		time.Sleep(5 * time.Minute)
		_, err := h.Get(t.Context(), ref("a"))
		wantKind(t, err, session.NotFound, session.ReasonNoSession)
	})
}

func TestManager_SessionQuota_HoldsAtItsEdgeAndCountsOnlyLiveSessions(t *testing.T) {
	within(t, nil, func(c *session.Config) { c.MaxSessions = 2 }, func(t *testing.T, h *fixture) {
		h.ready("a")
		h.ready("b")
		_, err := h.Create(t.Context(), asked("c"))
		wantKind(t, err, session.Quota, "")
		_, err = h.Create(t.Context(), asked("a"))
		wantKind(t, err, session.Exists, "")
		if _, err := h.End(t.Context(), ref("a")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		h.ready("c")
		_, err = h.Create(t.Context(), asked("a"))
		wantKind(t, err, session.Exists, "")
	})
}

func TestManager_WaitingStatements_AreBoundedAtTheEdge(t *testing.T) {
	within(t, nil, func(c *session.Config) { c.MaxWaiting = 2 }, func(t *testing.T, h *fixture) {
		h.ready("a")
		h.run("a", "hang")
		h.run("a", "value 1")
		h.run("a", "value 2")
		_, err := h.Run(t.Context(), ref("a"), session.NewStatement{Code: "value 3"})
		wantKind(t, err, session.Busy, session.ReasonQueue)
		h.cancel("a", 1)
		if n := h.run("a", "value 4"); n != 4 {
			t.Errorf("the refused statement used a number: next is %d", n)
		}
	})
}

func TestManager_BadRequests_AreRefusedAndChangeNothing(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		for name, spoil := range map[string]func(*session.NewSession){
			"no id":             func(n *session.NewSession) { n.ExternalID = "" },
			"negative lifetime": func(n *session.NewSession) { n.Lifetime = -1 },
			"negative idle":     func(n *session.NewSession) { n.IdleTimeout = -1 },
		} {
			n := asked("a")
			spoil(&n)
			if _, err := h.Create(t.Context(), n); !errors.Is(err, session.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		n := asked("a")
		n.Spec.Setup.Language = "cobol"
		_, err := h.Create(t.Context(), n)
		wantKind(t, err, session.Unsupported, "")
		list, _, err := h.List(t.Context(), session.Filter{}, session.Page{Limit: 10})
		if err != nil || len(list) != 0 {
			t.Errorf("sessions exist: %v, %v", list, err)
		}
		_, err = h.Run(t.Context(), ref("a"), session.NewStatement{Code: "value 1"})
		wantKind(t, err, session.NotFound, session.ReasonNoSession)
	})
}

func TestManager_Lists_AreStableWhileSessionsAreAdded(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		for i := range 5 {
			h.ready(fmt.Sprintf("s%d", i))
		}
		first, next, err := h.List(t.Context(), session.Filter{Dialect: "glue"}, session.Page{Limit: 2})
		if err != nil || len(first) != 2 || first[0].ExternalID != "s4" || next == 0 {
			t.Fatalf("first page: %d sessions, next %d, %v", len(first), next, err)
		}
		h.ready("late")
		var seen []string
		for next != 0 {
			var page []session.Session
			if page, next, err = h.List(t.Context(), session.Filter{Dialect: "glue"}, session.Page{After: next, Limit: 2}); err != nil {
				t.Fatal(err)
			}
			for _, s := range page {
				seen = append(seen, s.ExternalID)
			}
		}
		if fmt.Sprint(seen) != "[s2 s1 s0]" {
			t.Errorf("later pages: %v", seen)
		}
	})
}

func TestManager_Tags_AreAddedReplacedRemovedAndBounded(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		h.ready("a", func(n *session.NewSession) { n.Tags = map[string]string{"k": "1"} })
		if err := h.Tag(t.Context(), ref("a"), map[string]string{"k": "2", "l": ""}, 2); err != nil {
			t.Fatal(err)
		}
		wantKind(t, h.Tag(t.Context(), ref("a"), map[string]string{"m": ""}, 2), session.Invalid, "")
		if err := h.Untag(t.Context(), ref("a"), []string{"l", "absent"}); err != nil {
			t.Fatal(err)
		}
		if s := h.want("a", session.StateIdle); fmt.Sprint(s.Tags) != "map[k:2]" {
			t.Errorf("tags are %v", s.Tags)
		}
	})
}

func TestManager_OrderlyStop_EndsEverySessionAndRefusesNewOnes(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		a, b := h.ready("a"), h.create("b")
		if err := h.Stop(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		h.wantGone(a.Spec.ID)
		h.wantGone(b.Spec.ID)
		if s := h.want("a", session.StateEnded); s.Cause != session.CauseShutdown {
			t.Errorf("cause is %s", s.Cause)
		}
		_, err := h.Create(t.Context(), asked("c"))
		wantKind(t, err, session.Unavailable, "")
	})
}

func TestManager_SessionStoppedWhileStarting_Ends(t *testing.T) {
	never := func(engine.Spec) fake.Behaviour { return fake.Behaviour{ReadyAfter: -1} }
	within(t, never, nil, func(t *testing.T, h *fixture) {
		s := h.create("a")
		if _, err := h.End(t.Context(), ref("a")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		ended := h.want("a", session.StateEnded)
		if ended.Cause != session.CauseStopped || ended.ExecutionTime(time.Now()) != 0 {
			t.Errorf("ended as %s after %v", ended.Cause, ended.ExecutionTime(time.Now()))
		}
		h.wantGone(s.Spec.ID)
	})
}

func TestManager_RefusedStatement_IsOverAtOnceAndTakesItsTurnInTheNumbers(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		s := h.ready("a")
		why := engine.StatementError{Name: "InterpreterError", Value: "no R", Traceback: []string{}}
		st, err := h.Run(t.Context(), ref("a"), session.NewStatement{Language: "r", Code: "1", Failed: &why})
		if err != nil || st.Number != 1 {
			t.Fatalf("refused as %+v, %v", st, err)
		}
		got := h.wantStatement("a", 1, session.StatementDone)
		if got.Status != engine.StatusError || got.Error == nil || got.Error.Name != "InterpreterError" {
			t.Errorf("statement is %+v", got)
		}
		if n := h.run("a", "value 1"); n != 2 {
			t.Errorf("the next statement is %d", n)
		}
		if ran := fmt.Sprint(h.driver.Ran(s.Spec.ID)); ran != "[2]" {
			t.Errorf("statements ran: %s", ran)
		}
	})
}

func TestManager_Await_ReturnsAtTheChangeOrWithTheContext(t *testing.T) {
	slow := func(engine.Spec) fake.Behaviour { return fake.Behaviour{ReadyAfter: time.Minute} }
	within(t, slow, nil, func(t *testing.T, h *fixture) {
		h.create("a")
		began := time.Now()
		idle := func(s session.Session) bool { return s.State == session.StateIdle }
		if s, err := h.Await(t.Context(), ref("a"), idle); err != nil || s.State != session.StateIdle || time.Since(began) != time.Minute {
			t.Errorf("after %v: %s, %v", time.Since(began), s.State, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := h.Await(ctx, ref("a"), func(session.Session) bool { return false }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("await gave %v", err)
		}
	})
}

func TestManager_EndWhoseNumberWasStoredAlready_StillEndsTheSession(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		s := h.ready("a")
		h.leave()
		err := h.store.WithTx(t.Context(), func(tx session.Tx) error {
			ahead, err := tx.Session(t.Context(), s.ID)
			if err != nil {
				return err
			}
			ahead.Applied = 1000 // a power cut took the newest of the spool
			return tx.UpdateSession(t.Context(), &ahead)
		})
		if err != nil {
			t.Fatal(err)
		}
		h.driver.End(s.Spec.ID, engine.Exit{Cause: engine.CauseLost, Message: "gone"})
		h.open()
		synctest.Wait()
		if got := h.want("a", session.StateEnded); got.Cause != session.CauseLost {
			t.Errorf("cause is %s", got.Cause)
		}
	})
}

// As after a backup was put in the place of the database: the events that it lacks were given up.
func TestManager_StoreOlderThanWhatItAcknowledged_EndsTheSessionWithAReason(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		s := h.ready("a")
		h.run("a", "print hello")
		synctest.Wait()
		h.leave()
		err := h.store.WithTx(t.Context(), func(tx session.Tx) error {
			older, err := tx.Session(t.Context(), s.ID)
			if err != nil {
				return err
			}
			older.Applied--
			return tx.UpdateSession(t.Context(), &older)
		})
		if err != nil {
			t.Fatal(err)
		}
		h.open()
		synctest.Wait()
		if got := h.want("a", session.StateEnded); got.Cause != session.CauseLost || !strings.Contains(got.Reason, "older than the session") {
			t.Errorf("it ended as %s: %q", got.Cause, got.Reason)
		}
		h.wantGone(s.Spec.ID)
	})
}

// deaf is a driver whose live instances cannot be attached to.
type deaf struct{ *fake.Driver }

func (d deaf) Attach(ctx context.Context, k engine.Known, after uint64) (engine.Instance, error) {
	if found, err := d.Inspect(ctx, k); err == nil && found.Alive {
		return nil, engine.ErrDetached
	}
	return d.Driver.Attach(ctx, k, after)
}

func TestManager_InstanceThatCannotBeAsked_IsDestroyedAfterItsGrace(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		s := h.ready("a")
		h.leave()
		m := session.NewManager(session.Config{Store: h.store, Engines: engine.Fleet{"local": deaf{h.driver}}, RecoverBudget: time.Second})
		if err := m.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := m.End(t.Context(), ref("a")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		got, err := m.Get(t.Context(), ref("a"))
		if err != nil || got.State != session.StateEnded {
			t.Errorf("the session is %s, %v", got.State, err)
		}
		h.wantGone(s.Spec.ID)
		if err := m.Stop(t.Context(), true); err != nil {
			t.Error(err)
		}
		h.open()
	})
}

// stubborn is a driver that cannot destroy one instance.
type stubborn struct {
	*fake.Driver
	id string
}

func (d stubborn) Destroy(ctx context.Context, k engine.Known) error {
	if k.ID == d.id {
		return errors.New("a process does not die")
	}
	return d.Driver.Destroy(ctx, k)
}

func TestManager_StrangerThatCannotBeDestroyed_DoesNotKeepTheServerFromItsSessions(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		h.ready("a")
		h.leave()
		if _, err := h.driver.Start(t.Context(), engine.Spec{ID: "i-stranger", Setup: engine.Setup{Language: engine.Python}}); err != nil {
			t.Fatal(err)
		}
		m := session.NewManager(session.Config{Store: h.store, Engines: engine.Fleet{"local": stubborn{h.driver, "i-stranger"}}})
		if err := m.Start(t.Context()); err != nil {
			t.Fatalf("start: %v", err)
		}
		synctest.Wait()
		if got, err := m.Get(t.Context(), ref("a")); err != nil || got.State != session.StateIdle {
			t.Errorf("the session is %s, %v", got.State, err)
		}
		if err := m.Stop(t.Context(), true); err != nil {
			t.Error(err)
		}
		h.open()
	})
}

func TestManager_SessionQuota_CountsDeletedSessionsWhoseProcessesStillEnd(t *testing.T) {
	dying := func(engine.Spec) fake.Behaviour { return fake.Behaviour{StopTakes: 5 * time.Second} }
	within(t, dying, func(c *session.Config) { c.MaxSessions = 1 }, func(t *testing.T, h *fixture) {
		h.ready("a")
		if err := h.Delete(t.Context(), ref("a")); err != nil {
			t.Fatal(err)
		}
		_, err := h.Create(t.Context(), asked("a"))
		wantKind(t, err, session.Quota, "")
		time.Sleep(6 * time.Second)
		h.ready("a")
	})
}

func TestManager_StatementsPage_EndsEarlyWhenItsOutputIsLarge(t *testing.T) {
	large := func(engine.Spec) fake.Behaviour {
		return fake.Behaviour{Script: func(engine.Statement) string { return "print " + strings.Repeat("x", 7<<20) }}
	}
	within(t, large, nil, func(t *testing.T, h *fixture) {
		h.ready("a")
		for range 4 {
			h.run("a", "large")
		}
		first, next, err := h.Statements(t.Context(), ref("a"), session.SeriesCode, session.Page{Limit: 100})
		if err != nil || len(first) != 2 || next != 2 {
			t.Fatalf("first page has %d statements, next %d, %v", len(first), next, err)
		}
		rest, next, err := h.Statements(t.Context(), ref("a"), session.SeriesCode, session.Page{After: next, Limit: 100})
		if err != nil || len(rest) != 2 || next != 0 {
			t.Errorf("second page has %d statements, next %d, %v", len(rest), next, err)
		}
	})
}

// forgetful is a store that lists one session that is not there any more, as a list does that was
// read just before a deletion.
type forgetful struct {
	session.Store
}

func (f forgetful) InstanceOwners(ctx context.Context) ([]session.InstanceOwner, error) {
	all, err := f.Store.InstanceOwners(ctx)
	return append(all, session.InstanceOwner{SessionID: "s-gone", Engine: "local", InstanceID: "i-gone", Unfinished: true}), err
}

func TestManager_OrderlyStop_DoesNotMissWhatIsGoneAlready(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		h.leave()
		store := forgetful{h.store}
		m := session.NewManager(session.Config{Store: store, Engines: engine.Fleet{"local": h.driver}})
		if err := m.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := m.Stop(t.Context(), false); err != nil {
			t.Errorf("stop: %v", err)
		}
		h.open()
	})
}

func TestRun_WaitingCode_IsBoundedInBytes(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		h.ready("a")
		h.run("a", "hang")
		sixteen := strings.Repeat(" ", 16<<20)
		for range 3 {
			h.run("a", sixteen)
		}
		_, err := h.Run(t.Context(), ref("a"), session.NewStatement{Code: sixteen + "1"})
		wantKind(t, err, session.Busy, session.ReasonQueue)
		h.run("a", sixteen) // 64 MiB in all
		_, err = h.Run(t.Context(), ref("a"), session.NewStatement{Code: "1"})
		wantKind(t, err, session.Busy, session.ReasonQueue)
		open, err := h.Open(t.Context(), ref("a"))
		if err != nil || len(open) != 5 || open[4].State != session.StatementWaiting || open[4].Code != "" {
			t.Errorf("%d are open, %v", len(open), err)
		}
		if _, err := h.End(t.Context(), ref("a")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		for n := range int64(4) {
			if st := h.wantStatement("a", n+2, session.StatementFailed); st.Error == nil || st.Error.Name != "SessionEnded" || st.Progress != 1 {
				t.Errorf("statement %d is %+v", n+2, st.Error)
			}
		}
	})
}
