package session_test

import (
	"context"
	"strings"
	"testing"

	"hearth/internal/session"
)

// weighed is a store that notes the most code and results that one list of statements had.
type weighed struct {
	session.Store
	lists, most int
}

func (w *weighed) ListStatements(ctx context.Context, id string, series session.Series, p session.Page) ([]session.Statement, error) {
	list, err := w.Store.ListStatements(ctx, id, series, p)
	size := 0
	for i := range list {
		size += list[i].Size()
	}
	w.lists, w.most = w.lists+1, max(w.most, size)
	return list, err
}

func TestStatements_LargeOnes_AreReadAFewAtATime(t *testing.T) {
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
		list, next, err := h.Statements(t.Context(), ref("a"), session.SeriesCode, session.Page{Limit: 100})
		if err != nil || len(list) != 8 || next != 8 { // 16 MiB of code and results
			t.Errorf("%d statements, next %d, %v", len(list), next, err)
		}
		if w.most > 3<<20 {
			t.Errorf("%d MiB were read at a time", w.most>>20)
		}
		w.lists = 0
		list, next, err = h.Statements(t.Context(), ref("a"), session.SeriesCode, session.Page{After: 40, Limit: 200})
		if err != nil || len(list) != 200 || next != 240 || w.lists > 3 {
			t.Errorf("%d small statements in %d reads, next %d, %v", len(list), w.lists, next, err)
		}
		list, next, err = h.Statements(t.Context(), ref("a"), session.SeriesCode, session.Page{After: 240, Limit: 100})
		if err != nil || len(list) != 100 || next != 0 {
			t.Errorf("the last %d, next %d, %v", len(list), next, err)
		}
	})
}
