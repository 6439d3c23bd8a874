package fake

import (
	"context"
	"fmt"
	"io"
	"slices"

	"hearth/internal/engine"
)

// AddFile implements engine.Instance. Nothing is looked at; Driver.Added lists it.
func (c *conn) AddFile(ctx context.Context, kind engine.FileKind, path string) error {
	if err := c.usable(ctx); err != nil {
		return fmt.Errorf("add file: %w", err)
	}
	if !slices.Contains(engine.FileKinds(), kind) {
		return fmt.Errorf("add file: %w", engine.Invalidf("no kind %q", kind))
	}
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	c.in.added = append(c.in.added, string(kind)+" "+path)
	c.in.keep(record{Added: string(kind) + " " + path})
	return nil
}

// Upload implements engine.Instance: it reads the body and adds the name.
func (c *conn) Upload(ctx context.Context, kind engine.FileKind, name string, body io.Reader) error {
	if _, err := io.Copy(io.Discard, body); err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	return c.AddFile(ctx, kind, name)
}

// Added lists the files that were added to an instance, each as "kind path".
func (d *Driver) Added(id string) []string {
	in, err := d.find(id)
	if err != nil {
		return nil
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	return slices.Clone(in.added)
}
