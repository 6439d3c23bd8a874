package session_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"hearth/internal/engine"
	"hearth/internal/session"
)

// cramped is a driver whose instances keep no uploads, and which starts none on a full disk.
type cramped struct {
	engine.Driver
	full bool
}

func (d *cramped) Start(ctx context.Context, s engine.Spec) (engine.Handle, error) {
	if d.full {
		return nil, fmt.Errorf("start: %w", engine.ErrNoSpace)
	}
	return d.Driver.Start(ctx, s)
}

func (d *cramped) Attach(ctx context.Context, k engine.Known, after uint64) (engine.Instance, error) {
	in, err := d.Driver.Attach(ctx, k, after)
	if err != nil {
		return nil, err
	}
	return crampedInstance{in}, nil
}

type crampedInstance struct{ engine.Instance }

func (crampedInstance) Upload(context.Context, engine.FileKind, string, io.Reader) error {
	return fmt.Errorf("upload: %w", engine.ErrNoSpace)
}

func TestFullDisk_OfTheEngine_IsTheReasonThatClientsSee(t *testing.T) {
	d := &cramped{}
	change := func(c *session.Config) {
		d.Driver = c.Engines["local"]
		c.Engines = engine.Fleet{"local": d}
	}
	within(t, nil, change, func(t *testing.T, h *fixture) {
		h.create("a")
		synctest.Wait()
		h.want("a", session.StateIdle)
		err := h.Upload(t.Context(), ref("a"), string(engine.FilePlain), "f", strings.NewReader("x"))
		if !errors.Is(err, session.Unavailable) || !strings.Contains(session.AsError(err).Msg, "no space is left") {
			t.Errorf("an upload: %v", err)
		}
		d.full = true
		h.create("b")
		synctest.Wait()
		s := h.want("b", session.StateEnded)
		if s.Cause != session.CauseFailedStart || !strings.Contains(s.Reason, "no space is left") {
			t.Errorf("the session ended by %s: %q", s.Cause, s.Reason)
		}
	})
}
