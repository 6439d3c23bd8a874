package session_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/session"
)

// weighed is a store that notes how much code, results and output were read.
type weighed struct {
	session.Store
	lists, wholes, outputs int
	// most is the largest list in bytes.
	most int
	// before is called before a statement is read by its number; nil for nothing.
	before func()
}

func (w *weighed) ListStatements(ctx context.Context, id string, series session.Series, p session.Page) ([]session.BriefStatement, error) {
	list, err := w.Store.ListStatements(ctx, id, series, p)
	size := 0
	for i := range list {
		size += list[i].Size()
	}
	w.lists, w.most = w.lists+1, max(w.most, size)
	return list, err
}

func (w *weighed) Statement(ctx context.Context, id string, number int64) (session.Statement, error) {
	w.wholes++
	if w.before != nil {
		w.before()
	}
	return w.Store.Statement(ctx, id, number)
}

func (w *weighed) Output(ctx context.Context, id string, number int64) ([]session.Output, error) {
	w.outputs++
	return w.Store.Output(ctx, id, number)
}

func TestStatements_LargeOnes_AreReadAsFarAsThePageGoes(t *testing.T) {
	var w weighed
	within(t, nil, func(c *session.Config) {
		w.Store, c.Store = c.Store, &w
	}, func(t *testing.T, h *fixture) {
		h.ready("a")
		for range 40 {
			h.run("a", "value "+strings.Repeat("x", 1<<20))
		}
		for range 300 {
			h.run("a", "value 1")
		}
		w.lists, w.wholes, w.outputs = 0, 0, 0
		list, next, err := h.Statements(t.Context(), ref("a"), session.SeriesCode, session.Page{Limit: 100})
		if err != nil || len(list) != 7 || next != 7 { // the eighth would make it more than 16 MiB
			t.Errorf("%d statements, next %d, %v", len(list), next, err)
		}
		if w.most > 1<<20 || w.wholes != 7 || w.outputs != 7 {
			t.Errorf("%d KiB were listed, %d statements and %d outputs read", w.most>>10, w.wholes, w.outputs)
		}
		w.lists, w.wholes = 0, 0
		list, next, err = h.Statements(t.Context(), ref("a"), session.SeriesCode, session.Page{After: 40, Limit: 200})
		if err != nil || len(list) != 200 || next != 240 || w.lists > 7 || w.wholes > 0 {
			t.Errorf("%d small statements in %d reads and %d of one, next %d, %v", len(list), w.lists, w.wholes, next, err)
		}
		list, next, err = h.Statements(t.Context(), ref("a"), session.SeriesCode, session.Page{After: 240, Limit: 100})
		if err != nil || len(list) != 100 || next != 0 {
			t.Errorf("the last %d, next %d, %v", len(list), next, err)
		}
	})
}

func TestStatements_OneLargerThanAPage_IsAPageByItself(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		h.ready("a")
		h.run("a", "value 1")
		h.run("a", "value "+strings.Repeat("x", 9<<20)) // as code and as result
		h.run("a", "value 1")
		for after, want := range map[int64][]int64{0: {1}, 1: {2}, 2: {3}} {
			list, next, err := h.Statements(t.Context(), ref("a"), session.SeriesCode, session.Page{After: after, Limit: 10})
			if err != nil || len(list) != 1 || list[0].Place != want[0] || next != want[0]%3 {
				t.Errorf("after %d: %d statements, next %d, %v", after, len(list), next, err)
			}
		}
	})
}

func TestStatement_WithoutMemoryForIt_IsThrottledAndNotRead(t *testing.T) {
	var w weighed
	var asked []int64
	full := errors.New("full")
	within(t, nil, func(c *session.Config) {
		w.Store, c.Store = c.Store, &w
		c.TakeMemory = func(_ context.Context, n int64) error {
			if asked = append(asked, n); n > 1<<20 {
				return full
			}
			return nil
		}
	}, func(t *testing.T, h *fixture) {
		h.ready("a")
		h.run("a", "value 1")
		h.run("a", "value "+strings.Repeat("x", 1<<20))
		w.wholes, w.outputs = 0, 0
		if _, err := h.Statement(t.Context(), ref("a"), session.StatementRef{Place: 2}); !errors.Is(err, session.Throttled) || !errors.Is(err, full) {
			t.Errorf("a large one: %v", err)
		}
		if w.wholes+w.outputs > 0 {
			t.Error("it was read all the same")
		}
		if _, _, err := h.Statements(t.Context(), ref("a"), session.SeriesCode, session.Page{Limit: 2}); !errors.Is(err, session.Throttled) {
			t.Errorf("a list with it: %v", err)
		}
		for range 32 {
			h.run("a", "value 1")
		}
		h.run("a", "value "+strings.Repeat("x", 1<<20))
		list, next, err := h.Statements(t.Context(), ref("a"), session.SeriesCode, session.Page{After: 2, Limit: 100})
		if err != nil || len(list) != 32 || next != 34 {
			t.Errorf("a list with a large one behind the others: %d, next %d, %v", len(list), next, err)
		}
		if st, err := h.Statement(t.Context(), ref("a"), session.StatementRef{Place: 1}); err != nil || st.State != session.StatementDone {
			t.Errorf("a small one: %v, %v", st.State, err)
		}
		if len(asked) == 0 || asked[0] < 2<<20 {
			t.Errorf("asked for %v bytes", asked)
		}
	})
}

func TestEndedStatement_ThatRuns_IsReadWithoutItsOutput(t *testing.T) {
	var w weighed
	within(t, nil, func(c *session.Config) {
		w.Store, c.Store = c.Store, &w
	}, func(t *testing.T, h *fixture) {
		h.ready("a")
		if _, err := h.Run(t.Context(), ref("a"), session.NewStatement{Code: "print x; sleep 1h; print y"}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		w.outputs = 0
		first := session.StatementRef{Place: 1}
		st, err := h.EndedStatement(t.Context(), ref("a"), first)
		if err != nil || st.State != session.StatementRunning || st.Code == "" || len(st.Output) > 0 || w.outputs > 0 {
			t.Errorf("while it runs: %+v, %v, %d outputs read", st, err, w.outputs)
		}
		if st, err := h.Statement(t.Context(), ref("a"), first); err != nil || len(st.Output) != 1 {
			t.Errorf("with what it printed: %+v, %v", st, err)
		}
		time.Sleep(2 * time.Hour)
		if st, err := h.EndedStatement(t.Context(), ref("a"), first); err != nil || len(st.Output) == 0 {
			t.Errorf("at its end: %+v, %v", st, err)
		}
	})
}

func TestEndedStatement_BriefThatEndsWhileItIsRead_HasItsOutput(t *testing.T) {
	w := weighed{before: func() { time.Sleep(2 * time.Hour) }}
	within(t, nil, func(c *session.Config) {
		w.Store, c.Store = c.Store, &w
	}, func(t *testing.T, h *fixture) {
		h.ready("a")
		code := "print x; sleep 1h; value " + strings.Repeat("y", session.BriefBytes)
		if _, err := h.Run(t.Context(), ref("a"), session.NewStatement{Code: code}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		st, err := h.EndedStatement(t.Context(), ref("a"), session.StatementRef{Place: 1})
		if err != nil || st.State != session.StatementDone || len(st.Output) == 0 || st.Code != code {
			t.Errorf("%s with %d outputs, %v", st.State, len(st.Output), err)
		}
	})
}
