package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"hearth/internal/engine"
)

// Upload implements engine.Instance. Each upload has a directory of its own in the instance's
// scratch, so that one name can be sent twice.
func (in *instance) Upload(ctx context.Context, kind engine.FileKind, name string, body io.Reader) error {
	if name == "" || name == "." || name == ".." || filepath.Base(name) != name {
		return fmt.Errorf("upload: %w", engine.Invalidf("%q is no name of a file", name))
	}
	dir := filepath.Join(in.at.dir.Run(), "uploads")
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("upload: %w", marked(err))
	}
	if err := in.uploads.count(dir); err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	own, err := os.MkdirTemp(dir, "")
	if err != nil {
		return fmt.Errorf("upload: %w", marked(err))
	}
	path, counted := filepath.Join(own, name), &countedReader{from: body, by: &in.uploads, limit: in.driver.uploadLimit}
	err = marked(keep(path, counted))
	if err == nil {
		err = in.AddFile(ctx, kind, path)
	}
	if err != nil {
		err = errors.Join(err, os.RemoveAll(own))
		in.uploads.add(-counted.n)
		return err
	}
	return nil
}

// uploadLimit is the most bytes of uploads that an instance keeps.
const uploadLimit = 1 << 30

// uploads counts the bytes of the uploads of an instance.
type uploads struct {
	mu      sync.Mutex
	counted bool // what earlier connections have taken
	n       int64
}

// count adds what earlier connections have left in the directory, once.
func (u *uploads) count(dir string) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.counted {
		return nil
	}
	err := filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			u.n += info.Size()
		}
		return err
	})
	u.counted = err == nil
	return err
}

// add adds bytes and returns how many there are then.
func (u *uploads) add(n int64) int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.n += n
	return u.n
}

// countedReader reads an upload and fails with ErrFull where the uploads are more than the limit.
type countedReader struct {
	from  io.Reader
	by    *uploads
	limit int64
	n     int64
}

// Read implements io.Reader.
func (r *countedReader) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	r.n += int64(n)
	if r.by.add(int64(n)) > r.limit {
		return 0, engine.ErrFull
	}
	return n, err
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
