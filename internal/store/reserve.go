package store

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"hearth/internal/session"
)

// reserveSize is the disk space, in bytes, that is kept for the ends and removals of sessions.
const reserveSize = 4 << 20

// reserve is a file beside an SQLite database that takes up space on its disk. On a full disk it is
// removed for a transaction that adds nothing, and nothing is added to the database until it is
// there again. It is safe for concurrent use.
type reserve struct {
	path string

	mu    sync.Mutex
	whole bool
}

// openReserve returns the reserve of a database file, and makes it if the disk has room for it.
func openReserve(file string) *reserve {
	// SQLite's side files are beside the file itself, whatever way leads there.
	if real, err := filepath.EvalSymlinks(file); err == nil {
		file = real
	}
	r := &reserve{path: file + ".reserve"}
	info, err := os.Stat(r.path)
	if r.whole = err == nil && info.Size() == reserveSize; !r.whole {
		_ = os.Remove(r.path) // a process that was killed left a part of it
	}
	r.restore()
	return r
}

// release gives the space back to the disk, and reports whether there was any.
func (r *reserve) release() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	was := r.whole
	r.whole = false
	return was && os.Remove(r.path) == nil
}

// restore makes the reserve again and reports whether it is there. It demands room for two of it:
// making one must take nobody's last space.
func (r *reserve) restore() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.whole {
		return true
	}
	if free(filepath.Dir(r.path)) < 2*reserveSize {
		return false
	}
	if r.whole = r.write() == nil; !r.whole {
		_ = os.Remove(r.path) // a part of it is of no use
	}
	return r.whole
}

// free returns how many bytes of the disk of a directory this process may still write; as many as
// can be where the file system does not tell.
func free(dir string) int64 {
	var disk unix.Statfs_t
	if err := unix.Statfs(dir, &disk); err != nil || disk.Blocks == 0 {
		return math.MaxInt64
	}
	blocks := disk.Bavail
	if os.Geteuid() == 0 {
		blocks = disk.Bfree // some are for root alone
	}
	return int64(blocks) * int64(disk.Bsize)
}

// write fills the file with bytes that no file system stores in less space.
func (r *reserve) write() error {
	content := make([]byte, reserveSize)
	_, _ = rand.NewChaCha8([32]byte{}).Read(content) // it never fails
	return os.WriteFile(r.path, content, 0o600)
}

// Room implements session.Store.
func (s *Store) Room(ctx context.Context) error { return room(ctx, s.reserve, &s.reader) }

// room returns why nothing can be added to a database: its reserve is gone and cannot be made
// again, nor has the database pages of its own for what is added. nil without a reserve.
func room(ctx context.Context, kept *reserve, r *reader) error {
	if kept == nil || kept.restore() {
		return nil
	}
	var free int64
	err := r.q.QueryRowContext(ctx, `SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size`).Scan(&free)
	if err != nil {
		return r.fail(ctx, "read the free space of the database", err)
	}
	if free >= 2*reserveSize {
		return nil
	}
	return &session.Error{
		Kind: session.Unavailable, Msg: noSpace, RetryAfter: 5 * time.Second,
		Err: fmt.Errorf("less than %d bytes are free for the database and its reserve", 2*reserveSize),
	}
}

// noSpace is what clients are told of a full disk.
const noSpace = "no space is left for the database"

// smallChange is how long, in bytes, the values of an update may be that counts as adding nothing.
const smallChange = 64 << 10

// grow notes that the transaction adds something, which the reserve is not for.
// Unavailable if there is no room.
func (t *tx) grow(ctx context.Context) error {
	t.grows = true
	return room(ctx, t.reserve, &t.reader)
}

// made turns the error of a transaction on a full disk into one with ReasonRoom if the reserve
// could be released for it.
func (s *Store) made(t *tx, err error) error {
	if err == nil || s.reserve == nil || t.grows || s.backend.classify(err) != faultFull || !s.reserve.release() {
		return err
	}
	return &session.Error{Kind: session.Unavailable, Reason: session.ReasonRoom, Msg: noSpace, RetryAfter: time.Second, Err: err}
}
