package session_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/fake"
	"hearth/internal/session"
)

func TestManager_Complete_AsksTheInstanceAlsoWhileAStatementRuns(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		h.ready("a")
		h.run("a", "hang")
		names, err := h.Complete(t.Context(), ref("a"), engine.Python, "value 1; pri", 12)
		if got := fmt.Sprint(names); got != "[print]" || err != nil {
			t.Errorf("names are %s, %v", got, err)
		}
		about, err := h.Describe(t.Context(), ref("a"), engine.Python, "print", 5)
		if about["text/plain"] == "" || err != nil {
			t.Errorf("described as %v, %v", about, err)
		}
	})
}

func TestManager_CompleteWithACursorOutsideOfTheCode_IsAtItsEdge(t *testing.T) {
	at := func(engine.Spec) fake.Behaviour {
		return fake.Behaviour{Complete: func(_ engine.Language, _ string, cursor int) []string { return []string{fmt.Sprint(cursor)} }}
	}
	within(t, at, nil, func(t *testing.T, h *fixture) {
		h.ready("a")
		for cursor, want := range map[int]string{-1: "[0]", 2: "[2]", 99: "[3]"} {
			names, err := h.Complete(t.Context(), ref("a"), engine.Python, "ñ日🔥", cursor)
			if got := fmt.Sprint(names); got != want || err != nil {
				t.Errorf("the cursor %d is %s (%v), want %s", cursor, got, err, want)
			}
		}
	})
}

func TestManager_CompleteOfWhatCannotAnswer_SaysWhy(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		s := h.ready("a")
		_, err := h.Complete(t.Context(), ref("b"), engine.Python, "x", 1)
		wantKind(t, err, session.NotFound, session.ReasonNoSession)
		_, err = h.Complete(t.Context(), ref("a"), "cobol", "x", 1)
		wantKind(t, err, session.Unsupported, "")
		h.driver.Disconnect(s.Spec.ID)
		if names, err := h.Complete(t.Context(), ref("a"), engine.Python, "pri", 3); err != nil {
			t.Errorf("while the connection is made again: %v, %v", names, err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if names, err := h.Complete(t.Context(), ref("a"), engine.Python, "pri", 3); len(names) != 1 || err != nil {
			t.Errorf("after that: %v, %v", names, err)
		}
		if _, err := h.End(t.Context(), ref("a")); err != nil {
			t.Fatal(err)
		}
		_, err = h.Describe(t.Context(), ref("a"), engine.Python, "x", 1)
		wantKind(t, err, session.Conflict, session.ReasonState)
	})
}
