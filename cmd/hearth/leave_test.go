package main

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/fake"
	"hearth/internal/server"
	"hearth/internal/session"
	"hearth/internal/store"
)

// leaving is a server with one session whose end takes its time.
func leaving(t *testing.T, keep bool, takes time.Duration) (*program, *bytes.Buffer) {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "hearth.db"))
	if err != nil {
		t.Fatal(err)
	}
	driver := fake.New(fake.Config{Behave: func(engine.Spec) fake.Behaviour { return fake.Behaviour{StopTakes: takes} }})
	t.Cleanup(func() {
		driver.Close()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	out := new(bytes.Buffer)
	h := &program{
		config: config{KeepSessions: keep}, log: slog.New(slog.DiscardHandler), out: out, store: db, engines: engine.Fleet{"local": driver},
		manager: session.NewManager(session.Config{Store: db, Engines: engine.Fleet{"local": driver}, StopGrace: time.Hour}),
	}
	if err := h.manager.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	ref := session.Ref{Dialect: "glue", Scope: "a/b", ExternalID: "x"}
	if _, err := h.manager.Create(t.Context(), session.NewSession{Ref: ref, Spec: engine.Spec{Setup: engine.Setup{Language: engine.Python}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.manager.Await(t.Context(), ref, func(s session.Session) bool { return s.State == session.StateIdle }); err != nil {
		t.Fatal(err)
	}
	if h.server, err = server.New(server.Config{Sessions: h.manager}); err != nil {
		t.Fatal(err)
	}
	return h, out
}

func (h *program) alive(t *testing.T) int {
	t.Helper()
	found, err := h.engines["local"].Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, one := range found {
		if one.Alive {
			n++
		}
	}
	return n
}

func TestLeave_WithTime_EndsSessionsAndShowsThem(t *testing.T) {
	h, out := leaving(t, false, 300*time.Millisecond)
	if err := h.leave(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if h.alive(t) != 0 || !strings.Contains(out.String(), "1 session to end") {
		t.Errorf("%d alive; shown: %s", h.alive(t), out)
	}
}

func TestLeave_ToComeBack_KeepsSessions(t *testing.T) {
	h, out := leaving(t, true, 0)
	if err := h.leave(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if h.alive(t) != 1 || !strings.Contains(out.String(), "left running for the next start: 1 session") {
		t.Errorf("%d alive; shown: %s", h.alive(t), out)
	}
}

func TestLeave_AfterASecondSignal_DestroysWhatIsLeft(t *testing.T) {
	h, _ := leaving(t, false, time.Hour)
	signals := make(chan os.Signal, 1)
	signals <- syscall.SIGINT
	if err := h.leave(t.Context(), signals); !errors.Is(err, errForced) {
		t.Errorf("error = %v", err)
	}
	if h.alive(t) != 0 {
		t.Errorf("%d alive", h.alive(t))
	}
}
