package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"hearth/internal/engine"
)

// instance returns how the session's driver recognizes its instance.
func (s *Session) instance() engine.Known { return engine.Known{ID: s.Spec.ID, Handle: s.Handle} }

// driver returns the driver of a session. Unavailable, which is also engine.ErrNoEngine, for a
// session of an engine that this server does not have: such a session is kept as it is.
func (m *Manager) driver(s *Session) (engine.Driver, error) {
	d, err := m.cfg.Engines.Driver(s.Engine)
	if err != nil {
		return nil, &Error{Kind: Unavailable, Msg: fmt.Sprintf("The server does not have the engine %q of this session now.", s.Engine), Err: err}
	}
	return d, nil
}

// runs reports whether the session's engine runs statements of a language. Unavailable as for
// driver.
func (m *Manager) runs(s *Session, lang engine.Language) (bool, error) {
	d, err := m.driver(s)
	if err != nil {
		return false, err
	}
	return slices.Contains(d.Capabilities().Languages, lang), nil
}

// destroyLimit bounds one attempt to destroy an instance.
const destroyLimit = 15 * time.Second

// destroy makes sure that nothing of the instance runs. Its absence is fine.
func destroy(ctx context.Context, d engine.Driver, k engine.Known) error {
	ctx, cancel := context.WithTimeout(ctx, destroyLimit)
	defer cancel()
	return ignoreNotFound(d.Destroy(ctx, k))
}

func ignoreNotFound(err error) error {
	if errors.Is(err, engine.ErrNotFound) {
		return nil
	}
	return err
}

// maxMemoryMB keeps sums of sizes finite: 64 TiB.
const maxMemoryMB = 64 << 20

// size fills in how much an instance is started with: the driver and the other workers together,
// because an engine without executors has one process for all of them.
func (z Size) size(l *engine.Launch) {
	if z.Workers <= 0 {
		return
	}
	others := z.Workers - 1
	l.Cores = cmp.Or(z.DriverCores, z.CoresPerWorker) + others*z.CoresPerWorker
	l.MemoryMB = min(cmp.Or(z.DriverMemoryMB, z.MemoryMBPerWorker)+others*z.MemoryMBPerWorker, maxMemoryMB)
	if z.DriverAsked {
		l.DriverMB = z.DriverMemoryMB
	}
}
