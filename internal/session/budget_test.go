package session_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/fake"
	"hearth/internal/session"
	"hearth/internal/session/sessiontest"
)

// tenant makes a new session one of a scope of its own.
func tenant(scope string) func(*session.NewSession) {
	return func(n *session.NewSession) { n.Scope = scope }
}

// heap gives a new session a size.
func heap(mb int) func(*session.NewSession) {
	return func(n *session.NewSession) { n.Size = session.Size{Workers: 1, MemoryMBPerWorker: mb} }
}

// tryCreate returns the error of a creation.
func (h *fixture) tryCreate(id string, change ...func(*session.NewSession)) error {
	n := asked(id)
	for _, c := range change {
		c(&n)
	}
	_, err := h.Create(h.t.Context(), n)
	return err
}

func wantNoRoom(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, session.Quota) || !errors.Is(err, session.ReasonMachine) {
		t.Errorf("Create = %v, want a quota for the reason %s", err, session.ReasonMachine)
	}
}

func TestCreate_BeyondTheInstancesOfTheMachine_IsRefusedWhateverTheTenant(t *testing.T) {
	within(t, nil, func(c *session.Config) { c.Budget.Instances = 3 }, func(t *testing.T, h *fixture) {
		h.create("a", tenant("1"))
		h.create("b", tenant("2"))
		h.create("c", tenant("3"), program)
		wantNoRoom(t, h.tryCreate("d", tenant("4")))
		if err := h.tryCreate("a", tenant("1")); !errors.Is(err, session.Exists) {
			t.Errorf("an id that exists: %v", err)
		}
		h.restart()
		wantNoRoom(t, h.tryCreate("d", tenant("4")))
		if _, err := h.End(t.Context(), session.Ref{Dialect: "glue", Scope: "2", ExternalID: "b"}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		h.create("d", tenant("4"))
	})
}

func TestCreate_ManyAtOnce_NeverExceedTheInstancesOfTheMachine(t *testing.T) {
	within(t, nil, func(c *session.Config) { c.Budget.Instances, c.MaxSessions = 7, 1000 }, func(t *testing.T, h *fixture) {
		var mu sync.Mutex
		made := 0
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				err := h.tryCreate(fmt.Sprint(i), tenant(fmt.Sprint(i%5)))
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					made++
				} else {
					wantNoRoom(t, err)
				}
			})
		}
		all.Wait()
		if made != 7 {
			t.Errorf("%d sessions were made, want 7", made)
		}
	})
}

func TestCreate_BeyondTheMemoryOfTheMachine_IsRefused(t *testing.T) {
	within(t, nil, func(c *session.Config) { c.Budget.MemoryMB = 1000 }, func(t *testing.T, h *fixture) {
		h.ready("a", heap(400))
		h.ready("b", heap(600))
		wantNoRoom(t, h.tryCreate("c", heap(1)))
		h.End(t.Context(), ref("a"))
		synctest.Wait()
		wantNoRoom(t, h.tryCreate("c", heap(401)))
		h.ready("c", heap(400))
		h.restart()
		wantNoRoom(t, h.tryCreate("d", heap(1)))
	})
}

func TestCreate_LargerThanTheMachine_IsAcceptedAlone(t *testing.T) {
	within(t, nil, func(c *session.Config) { c.Budget.MemoryMB = 1000 }, func(t *testing.T, h *fixture) {
		h.ready("huge", heap(5000))
		wantNoRoom(t, h.tryCreate("small", heap(1)))
	})
}

func TestCreate_DeletedSessionThatStillEnds_CountsUntilNothingIsLeft(t *testing.T) {
	slow := func(engine.Spec) fake.Behaviour { return fake.Behaviour{StopTakes: 5 * time.Second} }
	within(t, slow, func(c *session.Config) { c.Budget.Instances = 1 }, func(t *testing.T, h *fixture) {
		h.ready("a")
		if err := h.Delete(t.Context(), ref("a")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		wantNoRoom(t, h.tryCreate("a"))
		time.Sleep(6 * time.Second)
		synctest.Wait()
		h.ready("a")
	})
}

func TestCreate_BatchThatRunsAgain_CountsOnce(t *testing.T) {
	within(t, nil, func(c *session.Config) { c.Budget.Instances = 1 }, func(t *testing.T, h *fixture) {
		s := h.create("a", program, func(n *session.NewSession) { n.Retries = 1 })
		synctest.Wait()
		h.driver.End(s.Spec.ID, engine.Exit{Cause: engine.CauseExited, Time: time.Now()})
		synctest.Wait()
		time.Sleep(time.Hour) // whatever pause there is before the next try
		synctest.Wait()
		if s = h.want("a", session.StateBusy); s.Tries != 1 {
			t.Fatalf("it has failed %d times", s.Tries)
		}
		wantNoRoom(t, h.tryCreate("b"))
		h.driver.End(s.Spec.ID, engine.Exit{Cause: engine.CauseExited, Time: time.Now()})
		synctest.Wait()
		h.ready("b")
	})
}

func TestCreate_KnownToFail_TakesNoRoom(t *testing.T) {
	within(t, nil, func(c *session.Config) { c.Budget.Instances = 1 }, func(t *testing.T, h *fixture) {
		h.ready("a")
		if err := h.tryCreate("b", func(n *session.NewSession) { n.Failed = "no such runtime" }); err != nil {
			t.Error(err)
		}
	})
}

// crowded is a behaviour whose starts fail if more than a few go on at once, as those of processes
// do that get too little of the processors. A start takes 10 s, the last of which needs none.
type crowded struct {
	mu            sync.Mutex
	starting, max int
}

func (c *crowded) behave(engine.Spec) fake.Behaviour {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.starting++
	c.max = max(c.max, c.starting)
	time.AfterFunc(9*time.Second, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.starting--
	})
	b := fake.Behaviour{ReadyAfter: 10 * time.Second}
	if c.starting > 3 {
		b.FailStart = "The start made no progress."
	}
	return b
}

func TestStart_TwoHundredAtOnce_AllGetReadyAFewAtATime(t *testing.T) {
	var c crowded
	within(t, c.behave, func(cfg *session.Config) { cfg.Budget.Starts, cfg.MaxSessions = 2, 1000 }, func(t *testing.T, h *fixture) {
		for i := range 200 {
			h.create(fmt.Sprint(i))
		}
		time.Sleep(20 * time.Minute)
		synctest.Wait()
		for i := range 200 {
			h.want(fmt.Sprint(i), session.StateIdle)
		}
		if c.max != 2 {
			t.Errorf("%d started at once, want 2", c.max)
		}
	})
}

func TestStart_ThatWaits_SaysSoAndBeginsInOrder(t *testing.T) {
	slow := func(engine.Spec) fake.Behaviour { return fake.Behaviour{ReadyAfter: 10 * time.Second} }
	within(t, slow, func(c *session.Config) { c.Budget.Starts = 1 }, func(t *testing.T, h *fixture) {
		for i := range 4 {
			h.create(fmt.Sprint(i))
			synctest.Wait()
		}
		for round := range 4 {
			for i := range 4 {
				state := session.StateStarting
				if i < round {
					state = session.StateIdle
				}
				s := h.want(fmt.Sprint(i), state)
				if want := max(i-round, 0); s.Waiting != want || want > 0 && s.Progress != 0 {
					t.Errorf("round %d: %d waits at %d with progress %v, want %d", round, i, s.Waiting, s.Progress, want)
				}
				if s.Waiting > 0 && !strings.Contains(h.log(fmt.Sprint(i)), fmt.Sprintf("number %d of those that wait", s.Waiting)) {
					t.Errorf("the log says %q", h.log(fmt.Sprint(i)))
				}
			}
			time.Sleep(10 * time.Second)
			synctest.Wait()
		}
		if log := h.log("3"); !strings.Contains(log, "waited 30s to start") {
			t.Errorf("the log of the last one says %q", log)
		}
	})
}

func TestStart_ThatWaits_OutlivesTheServerAndKeepsItsOrder(t *testing.T) {
	var seen onlooker
	slow := func(s engine.Spec) fake.Behaviour {
		seen.note("%s", s.Labels["external_id"])
		return fake.Behaviour{ReadyAfter: 10 * time.Second}
	}
	within(t, slow, func(c *session.Config) { c.Budget.Starts = 1 }, func(t *testing.T, h *fixture) {
		for i := range 30 {
			h.create(fmt.Sprint(i))
			synctest.Wait()
		}
		h.restart()
		synctest.Wait()
		order := seen.take()
		if len(order) != 1 {
			t.Fatalf("after the restart %v have started, want the first alone: it is not ready", order)
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		order = append(order, seen.take()...)
		for i, id := range order {
			if id != fmt.Sprint(i) {
				t.Fatalf("they started in the order %v", order)
			}
		}
		h.want("29", session.StateIdle)
	})
}

func TestEnd_OfASessionThatWaitsToStart_EndsItAtOnce(t *testing.T) {
	var seen onlooker
	never := func(s engine.Spec) fake.Behaviour {
		seen.note("%s", s.Labels["external_id"])
		return fake.Behaviour{ReadyAfter: time.Hour}
	}
	within(t, never, func(c *session.Config) { c.Budget.Starts = 1 }, func(t *testing.T, h *fixture) {
		for _, id := range []string{"a", "b", "c", "d"} {
			h.create(id)
			synctest.Wait()
		}
		if _, err := h.End(t.Context(), ref("b")); err != nil {
			t.Fatal(err)
		}
		if err := h.Delete(t.Context(), ref("c")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if s := h.want("b", session.StateEnded); s.Cause != session.CauseStopped {
			t.Errorf("it ended by %s", s.Cause)
		}
		if s := h.want("d", session.StateStarting); s.Waiting != 1 {
			t.Errorf("the last one waits at %d, want 1", s.Waiting)
		}
		// A start that is stopped makes room at once.
		if _, err := h.End(t.Context(), ref("a")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if started := seen.take(); fmt.Sprint(started) != "[a d]" {
			t.Errorf("started %v, want a and d", started)
		}
	})
}

func TestStart_ThatFails_MakesRoomForTheNext(t *testing.T) {
	behave := func(s engine.Spec) fake.Behaviour {
		switch s.Labels["external_id"] {
		case "refused":
			return fake.Behaviour{StartError: errors.New("no disk")}
		case "failed":
			return fake.Behaviour{ReadyAfter: time.Second, FailStart: "no progress"}
		}
		return fake.Behaviour{}
	}
	within(t, behave, func(c *session.Config) { c.Budget.Starts = 1 }, func(t *testing.T, h *fixture) {
		h.create("refused")
		h.create("failed")
		h.create("good")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		h.want("refused", session.StateEnded)
		h.want("failed", session.StateEnded)
		h.want("good", session.StateIdle)
	})
}

func TestStart_OfEveryTryOfABatch_WaitsForItsTurn(t *testing.T) {
	slow := func(s engine.Spec) fake.Behaviour { return fake.Behaviour{ReadyAfter: time.Minute} }
	within(t, slow, func(c *session.Config) { c.Budget.Starts = 1 }, func(t *testing.T, h *fixture) {
		s := h.create("batch", program, func(n *session.NewSession) { n.Retries = 1 })
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		h.want("batch", session.StateBusy)
		for i := range 60 {
			h.create(fmt.Sprint(i))
			synctest.Wait()
		}
		h.driver.End(s.Spec.ID, engine.Exit{Cause: engine.CauseExited, Time: time.Now()})
		synctest.Wait()
		if s := h.want("batch", session.StateStarting); s.Tries != 1 || s.Spec.ID == "" {
			t.Fatalf("the batch has failed %d times", s.Tries)
		}
		found, err := h.driver.Find(t.Context())
		if err != nil || len(found) != 1 {
			t.Errorf("instances: %v, %v: want the one that starts", found, err)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		h.want("batch", session.StateBusy)
	})
}

func TestStop_WhileStartsWait_StartsNothingMore(t *testing.T) {
	for _, keep := range []bool{false, true} {
		var seen onlooker
		slow := func(s engine.Spec) fake.Behaviour {
			seen.note("%s", s.Labels["external_id"])
			return fake.Behaviour{ReadyAfter: time.Hour, StopTakes: time.Second}
		}
		within(t, slow, func(c *session.Config) { c.Budget.Starts = 1 }, func(t *testing.T, h *fixture) {
			for i := range 5 {
				h.create(fmt.Sprint(i))
				synctest.Wait()
			}
			// The end of the first cannot be stored, so that its instance is stopped as it is; then
			// its exit is stored, and it makes room.
			failed := false
			h.store.(*sessiontest.Store).FailWrites(func() error {
				if failed || keep {
					return nil
				}
				failed = true
				return errors.New("the disk was full for a moment")
			})
			_ = h.Stop(t.Context(), keep) // it fails because of the disk
			if started := seen.take(); len(started) != 1 {
				t.Errorf("keep %v: started %v, want the first alone", keep, started)
			}
			found, err := h.driver.Find(t.Context())
			if err != nil || len(found) != 1 || found[0].Alive != keep {
				t.Errorf("keep %v: instances %+v, %v", keep, found, err)
			}
			h.open()
			time.Sleep(6 * time.Hour)
			synctest.Wait()
			for i := range 5 {
				state := session.StateIdle
				if !keep && i == 0 {
					state = session.StateEnded
				}
				h.want(fmt.Sprint(i), state)
			}
		})
	}
}

func TestCreate_SessionsThatFailAtOnce_AreTwoHundredInTenMinutes(t *testing.T) {
	failed := func(n *session.NewSession) { n.Failed = "the memory is too small" }
	within(t, nil, func(c *session.Config) { c.SweepEvery = time.Minute }, func(t *testing.T, h *fixture) {
		for i := range 200 {
			if err := h.tryCreate(fmt.Sprint(i), failed); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		if err := h.tryCreate("more", failed); !errors.Is(err, session.Quota) {
			t.Errorf("one more: %v", err)
		}
		if err := h.tryCreate("more", failed, tenant("other")); err != nil {
			t.Errorf("in another scope: %v", err)
		}
		h.ready("lives")
		if err := h.Delete(t.Context(), ref("50")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if err := h.tryCreate("instead", failed); err != nil {
			t.Errorf("when one is deleted: %v", err)
		}
		if err := h.tryCreate("more", failed); !errors.Is(err, session.Quota) {
			t.Errorf("the next one: %v", err)
		}
		time.Sleep(8 * time.Minute) // the first are ten minutes old
		if err := h.tryCreate("more", failed); err != nil {
			t.Errorf("ten minutes after the first: %v", err)
		}
	})
}
