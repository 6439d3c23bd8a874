package supervise

import (
	"context"
	"fmt"

	"hearth/internal/engine"
	"hearth/internal/kernel"
)

// Complete is that of engine.Instance.
func (c *Conn) Complete(ctx context.Context, lang engine.Language, code string, cursor int) ([]string, error) {
	f := kernel.Frame{Type: kernel.Complete, Lang: lang, Code: code, Cursor: cursor}
	a, err := c.inquire(ctx, f, "complete")
	return a.Names, err
}

// Describe is that of engine.Instance.
func (c *Conn) Describe(ctx context.Context, lang engine.Language, code string, cursor int) (map[string]string, error) {
	f := kernel.Frame{Type: kernel.Inspect, Lang: lang, Code: code, Cursor: cursor}
	a, err := c.inquire(ctx, f, "describe")
	return a.Data, err
}

// AddFile is that of engine.Instance.
func (c *Conn) AddFile(ctx context.Context, kind engine.FileKind, path string) error {
	a, err := c.inquire(ctx, kernel.Frame{Type: kernel.AddFile, Name: string(kind), Text: path}, "add a file")
	if err == nil && a.Text != "" {
		return fmt.Errorf("add a file: %w", &engine.InvalidError{Text: a.Text})
	}
	return err
}

// inquire asks what a supervisor of an older release does not know: it refuses
// such a frame without a name for the reason.
func (c *Conn) inquire(ctx context.Context, f kernel.Frame, what string) (kernel.Frame, error) {
	a, err := c.exchange(ctx, f, what)
	switch {
	case err != nil:
		return kernel.Frame{}, err
	case a.Type == kernel.Refused && a.Name == "":
		return kernel.Frame{}, fmt.Errorf("%s: %w: %s", what, engine.ErrUnsupported, a.Text)
	case a.Type == kernel.Refused:
		return kernel.Frame{}, refused(what, a)
	}
	return a, nil
}
