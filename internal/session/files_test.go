package session_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"hearth/internal/engine"
	"hearth/internal/session"
)

func TestManager_Files_ReachTheInstance(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
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
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		s := h.ready("a")
		wantKind(t, h.AddFile(t.Context(), ref("a"), "egg", "/data/a.egg"), session.Invalid, "")
		wantKind(t, h.AddFile(t.Context(), ref("b"), "jar", "/data/a.jar"), session.NotFound, session.ReasonNoSession)
		broken := errors.New("the client went away")
		if err := h.Upload(t.Context(), ref("a"), "file", "f", iotest.ErrReader(broken)); !errors.Is(err, broken) {
			t.Errorf("err is %v, want that of the body", err)
		}
		err := h.Upload(t.Context(), ref("a"), "file", "f", iotest.ErrReader(engine.ErrFull))
		wantKind(t, err, session.Invalid, "")
		if e := session.AsError(err); !strings.Contains(e.Msg, "no more uploads") {
			t.Errorf("a full session says %q", e.Msg)
		}
		h.driver.Disconnect(s.Spec.ID)
		wantKind(t, h.AddFile(t.Context(), ref("a"), "jar", "/data/a.jar"), session.Unavailable, "")
		if _, err := h.End(t.Context(), ref("a")); err != nil {
			t.Fatal(err)
		}
		wantKind(t, h.AddFile(t.Context(), ref("a"), "jar", "/data/a.jar"), session.Conflict, session.ReasonState)
	})
}

// files has every file but those below /secret; /own belongs to one dialect.
type files struct{}

func (files) Resolve(_ context.Context, dialect, name string) (string, error) {
	if strings.HasPrefix(name, "/secret") || strings.HasPrefix(name, "/own") && dialect != "glue" {
		return "", &session.Error{Kind: session.Invalid, Msg: name + " may not be used."}
	}
	return strings.TrimPrefix(name, "file:"), nil
}

func TestCreate_FilesOfASpec_AreResolvedWhicheverListTheyAreIn(t *testing.T) {
	within(t, nil, nil, func(t *testing.T, h *fixture) {
		spec := func(name string) []engine.Spec {
			batch := engine.Spec{Launch: engine.Launch{Batch: &engine.Batch{Main: name}}}
			return []engine.Spec{
				{Launch: engine.Launch{Jars: []string{"/data/a.jar", name}}},
				{Launch: engine.Launch{Archives: []string{name + "#alias"}}},
				{Setup: engine.Setup{PyFiles: []string{name}}},
				{Setup: engine.Setup{Files: []string{name}}},
				{Setup: engine.Setup{ModuleFiles: []string{name}}},
				batch,
			}
		}
		for i, s := range spec("/secret/x") {
			s.Setup.Language = engine.Python
			_, err := h.Create(t.Context(), session.NewSession{Ref: ref(fmt.Sprint("bad", i)), Spec: s})
			if !errors.Is(err, session.Invalid) || !strings.Contains(session.AsError(err).Msg, "/secret/x may not be used") {
				t.Errorf("list %d: %v", i, err)
			}
			if _, err := h.Get(t.Context(), ref(fmt.Sprint("bad", i))); !errors.Is(err, session.NotFound) {
				t.Errorf("list %d leaves a session: %v", i, err)
			}
		}
		for _, name := range []string{"/data/a,b", "/data/a#b", "/data/a\nb"} {
			_, err := h.Create(t.Context(), session.NewSession{Ref: ref("odd"), Spec: engine.Spec{Setup: engine.Setup{Language: engine.Python, PyFiles: []string{name}}}})
			if !errors.Is(err, session.Invalid) {
				t.Errorf("%q: %v", name, err)
			}
		}
		for i, s := range spec("file:/data/x") {
			s.Setup.Language = engine.Python
			got, err := h.Create(t.Context(), session.NewSession{Ref: ref(fmt.Sprint("good", i)), Spec: s})
			if err != nil {
				t.Fatalf("list %d: %v", i, err)
			}
			text, err := json.Marshal(got.Spec)
			if err != nil || strings.Contains(string(text), "file:") || !strings.Contains(string(text), "/data/x") {
				t.Errorf("list %d: %s, %v", i, text, err)
			}
		}
	})
}
