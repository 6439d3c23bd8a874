package session

import (
	"context"
	"errors"
	"sync"
	"time"
)

// illFor is how long a write that failed counts, longer than a runner takes to try again.
const illFor = 3 * maxBackoff

// health is what is known of the store's ability to write. It is safe for concurrent use.
type health struct {
	mu sync.Mutex
	// looked is the error of the sweeper's last look; failed is that of the last write that failed,
	// at failedAt.
	looked, failed error
	failedAt       time.Time
}

// note notes a write that the store was unable to do.
func (h *health) note(ctx context.Context, err error) {
	if !errors.Is(err, Unavailable) || ctx.Err() != nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failed, h.failedAt = err, time.Now()
}

// look notes what a look at the store came to.
func (h *health) look(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.looked = err
}

// since returns the error of a write that has failed since t, nil if none has.
func (h *health) since(t time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.failedAt.Before(t) {
		return nil
	}
	return h.failed
}

// Health returns why not everything can be stored at present, nil while it can: writes have failed
// in the last seconds, or the sweeper has found that they would. It looks every ten seconds, and
// every second while something is wrong.
func (m *Manager) Health() error {
	h := &m.health
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.failed != nil && time.Since(h.failedAt) < illFor {
		return h.failed
	}
	return h.looked
}
