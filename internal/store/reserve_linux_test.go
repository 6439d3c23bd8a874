package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"hearth/internal/session"
	"hearth/internal/session/sessiontest"
)

// smallDisk mounts a disk of a few MiB and returns its directory, or "" where that is not allowed,
// as it is to root alone.
func smallDisk(t *testing.T) string {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=24m"); err != nil {
		t.Logf("no disk could be made, which needs root: %v", err)
		return ""
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return disk
}

// fill takes the last byte of a disk.
func fill(t *testing.T, disk string) (name string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(disk, "fill"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 16; size > 0; {
		if _, err := f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
	return f.Name()
}

// TestReserve_FullDisk_EndsAndRemovalsAreStoredAndNothingIsAdded needs root, for a small disk of
// its own; it passes without a look elsewhere.
func TestReserve_FullDisk_EndsAndRemovalsAreStoredAndNothingIsAdded(t *testing.T) {
	disk := smallDisk(t)
	if disk == "" {
		return
	}
	path := filepath.Join(disk, "hearth.db")
	s := openTest(t, path)
	all := make([]session.Session, 100)
	for i := range all {
		all[i] = sessiontest.Session()
		insert(t, s, &all[i])
		st := sessiontest.Statement(all[i].ID, 1)
		err := inTx(t, s, func(ctx context.Context, tx session.Tx) error {
			return errors.Join(tx.InsertStatement(ctx, &st), tx.AppendOutput(ctx, all[i].ID, 1, printed(1, 10<<10)))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	filled := fill(t, disk)
	adds := map[string]func(ctx context.Context, tx session.Tx) error{
		"output": func(ctx context.Context, tx session.Tx) error {
			return tx.AppendOutput(ctx, all[0].ID, 1, printed(2, 16<<20))
		},
		"session": func(ctx context.Context, tx session.Tx) error {
			return tx.InsertSession(ctx, new(sessiontest.Session()))
		},
		"statement": func(ctx context.Context, tx session.Tx) error {
			return tx.InsertStatement(ctx, new(sessiontest.Statement(all[0].ID, 2)))
		},
		"number": func(ctx context.Context, tx session.Tx) error {
			_, err := tx.NextNumber(ctx, "n")
			return err
		},
	}
	if err := inTx(t, s, adds["output"]); !errors.Is(err, session.Unavailable) || errors.Is(err, session.ReasonRoom) {
		t.Errorf("output on a full disk: %v", err)
	}
	if _, err := os.Stat(path + ".reserve"); err != nil {
		t.Errorf("output has taken the reserve: %v", err)
	}

	// Every session ends, and half of them are removed; the reserve is taken once.
	again := 0
	for i := range all {
		end := func() error {
			return inTx(t, s, func(ctx context.Context, tx session.Tx) error {
				now, err := tx.Session(ctx, all[i].ID)
				now.State, now.EndedAt, now.Reason = session.StateEnded, sessiontest.Began(), strings.Repeat("why ", 500)
				return errors.Join(err, tx.UpdateSession(ctx, &now), tx.SetAliveAt(ctx, time.Now()))
			})
		}
		remove := func() error {
			return inTx(t, s, func(ctx context.Context, tx session.Tx) error {
				_, err := tx.TrimSession(ctx, all[i].ID, 1<<20)
				return errors.Join(err, tx.DeleteSession(ctx, all[i].ID))
			})
		}
		for _, change := range []func() error{end, remove}[:1+i%2] {
			err := change()
			for errors.Is(err, session.ReasonRoom) {
				again++
				err = change()
			}
			if err != nil {
				t.Fatalf("end or removal %d on a full disk: %v", i, err)
			}
		}
	}
	if again != 1 {
		t.Errorf("room was made %d times, want once", again)
	}
	for what, add := range adds {
		if err := inTx(t, s, add); !errors.Is(err, session.Unavailable) {
			t.Errorf("%s without a reserve: %v", what, err)
		}
	}
	if err := s.Room(t.Context()); !errors.Is(err, session.Unavailable) {
		t.Errorf("room without a reserve: %v", err)
	}

	if err := os.Remove(filled); err != nil {
		t.Fatal(err)
	}
	if err := s.Room(t.Context()); err != nil {
		t.Errorf("room with space: %v", err)
	}
	if info, err := os.Stat(path + ".reserve"); err != nil || info.Size() != reserveSize {
		t.Errorf("the reserve is %v, %v", info, err)
	}
	delete(adds, "output") // which takes most of the disk
	for what, add := range adds {
		if err := inTx(t, s, add); err != nil {
			t.Errorf("%s with space: %v", what, err)
		}
	}
}

// TestOpen_FullDisk_TakesTheReserve needs root, for a small disk of its own; it passes without a
// look elsewhere.
func TestOpen_FullDisk_TakesTheReserve(t *testing.T) {
	disk := smallDisk(t)
	if disk == "" {
		return
	}
	path := filepath.Join(disk, "hearth.db")
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	v := sessiontest.Session()
	insert(t, s, &v)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	fill(t, disk)
	s = openTest(t, path)
	if err := inTx(t, s, func(ctx context.Context, tx session.Tx) error { return tx.DeleteSession(ctx, v.ID) }); err != nil {
		t.Errorf("a removal after the start: %v", err)
	}
	if err := s.Room(t.Context()); !errors.Is(err, session.Unavailable) {
		t.Errorf("room: %v", err)
	}
}

// TestShrink_FullDisk_LeavesTheReserveAndGoesOnWithSpace needs root, for a small disk of its own;
// it passes without a look elsewhere.
func TestShrink_FullDisk_LeavesTheReserveAndGoesOnWithSpace(t *testing.T) {
	disk := smallDisk(t)
	if disk == "" {
		return
	}
	path := filepath.Join(disk, "hearth.db")
	s := emptied(t, path, 10)
	filled := fill(t, disk)
	for more := true; more; {
		var err error
		if more, err = s.Shrink(t.Context()); err != nil && !errors.Is(err, session.Unavailable) {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(path + ".reserve"); err != nil || info.Size() != reserveSize {
		t.Errorf("the reserve is %v, %v", info, err)
	}
	if err := s.Room(t.Context()); err != nil {
		t.Errorf("room: %v", err)
	}
	if err := os.Remove(filled); err != nil {
		t.Fatal(err)
	}
	shrinkAll(t, s)
	if left := freePages(t, s); left != spareBytes/4096 {
		t.Errorf("%d pages are left free, want %d", left, spareBytes/4096)
	}
}

// TestOpen_OlderDatabaseOnASmallDisk_IsLeftAsItIs needs root, for a small disk of its own; it
// passes without a look elsewhere.
func TestOpen_OlderDatabaseOnASmallDisk_IsLeftAsItIs(t *testing.T) {
	disk := smallDisk(t)
	if disk == "" {
		return
	}
	path := filepath.Join(disk, "hearth.db")
	older(t, path, 10<<20)
	s := openTest(t, path)
	if _, err := s.write.Exec(`DROP TABLE filler`); err != nil {
		t.Fatal(err)
	}
	if more, err := s.Shrink(t.Context()); more || err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("more %v, %v, want an error that names the file", more, err)
	}
	insert(t, s, new(sessiontest.Session()))
}
