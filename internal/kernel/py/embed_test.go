package py_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"hearth/internal/kernel/py"
)

func TestWriteTo_ManyAtOnce_LeaveOneWholeKernel(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kernels")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got, err := py.WriteTo(dir); err != nil || got != filepath.Join(dir, "py-"+py.Hash()) {
				t.Errorf("got %s, %v", got, err)
			}
		})
	}
	wg.Wait()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Fatalf("%v is left, %v", entries, err)
	}
	err = fs.WalkDir(py.Files(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		want, err := fs.ReadFile(py.Files(), name)
		if err != nil {
			return err
		}
		got, err := os.ReadFile(filepath.Join(dir, entries[0].Name(), name))
		if string(got) != string(want) {
			t.Errorf("%s is another", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestFiles_HoldTheKernelAlone(t *testing.T) {
	if _, err := fs.Stat(py.Files(), "__main__.py"); err != nil {
		t.Error(err)
	}
	err := fs.WalkDir(py.Files(), ".", func(name string, entry fs.DirEntry, err error) error {
		if !entry.IsDir() && !strings.HasSuffix(name, ".py") {
			t.Errorf("%s is embedded", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
