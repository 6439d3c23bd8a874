package session_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"hearth/internal/session"
)

func TestManager_Files_ReachTheInstance(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *house) {
		s := h.ready("a")
		h.run("a", "hang")
		for range 2 {
			if err := h.AddFile(t.Context(), ref("a"), "jar", "/data/a.jar"); err != nil {
				t.Error(err)
			}
		}
		if err := h.Upload(t.Context(), ref("a"), "pyfile", "m.py", strings.NewReader("x = 1")); err != nil {
			t.Error(err)
		}
		if got := fmt.Sprint(h.driver.Added(s.Spec.ID)); got != "[jar /data/a.jar jar /data/a.jar pyfile m.py]" {
			t.Errorf("added %s", got)
		}
	})
}

func TestManager_FilesThatCannotBeAdded_SayWhy(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *house) {
		s := h.ready("a")
		wantKind(t, h.AddFile(t.Context(), ref("a"), "egg", "/data/a.egg"), session.Invalid, "")
		wantKind(t, h.AddFile(t.Context(), ref("b"), "jar", "/data/a.jar"), session.NotFound, session.ReasonNoSession)
		broken := errors.New("the client went away")
		if err := h.Upload(t.Context(), ref("a"), "file", "f", iotest.ErrReader(broken)); !errors.Is(err, broken) {
			t.Errorf("err is %v, want that of the body", err)
		}
		h.driver.Disconnect(s.Spec.ID)
		wantKind(t, h.AddFile(t.Context(), ref("a"), "jar", "/data/a.jar"), session.Unavailable, "")
		if _, err := h.End(t.Context(), ref("a")); err != nil {
			t.Fatal(err)
		}
		wantKind(t, h.AddFile(t.Context(), ref("a"), "jar", "/data/a.jar"), session.Conflict, session.ReasonState)
	})
}
