package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"hearth/internal/engine"
)

// Upload implements engine.Instance. Each upload has a directory of its own in the instance's
// scratch, so that one name can be sent twice.
func (in *instance) Upload(ctx context.Context, kind engine.FileKind, name string, body io.Reader) error {
	if name == "" || name == "." || name == ".." || filepath.Base(name) != name {
		return fmt.Errorf("upload: %w", engine.Invalidf("%q is no name of a file", name))
	}
	uploads := filepath.Join(in.at.dir.Run(), "uploads")
	if err := os.Mkdir(uploads, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("upload: %w", err)
	}
	own, err := os.MkdirTemp(uploads, "")
	if err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	path := filepath.Join(own, name)
	err = keep(path, body)
	if err == nil {
		err = in.AddFile(ctx, kind, path)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(own))
	}
	return nil
}

func keep(path string, body io.Reader) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	if _, err := io.Copy(f, body); err != nil {
		return errors.Join(fmt.Errorf("upload: %w", err), f.Close())
	}
	return f.Close()
}
