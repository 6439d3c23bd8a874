package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
)

const (
	// slicePages is how many pages of an SQLite database one write gives back to the disk: so long
	// do others wait for it.
	slicePages = 256
	// spareBytes is how much of the free space of a database stays in it, for what comes next; on a
	// full disk it is the room for that.
	spareBytes = 2 * reserveSize
	// lagPages is how many pages of the log may wait for the readers that hold it up while more are
	// given back.
	lagPages = 16 * slicePages
	// convertBytes is how much an older database may hold that is written anew at a start.
	convertBytes = 128 << 20
)

// vacuumNever is the value of SQLite's setting auto_vacuum in a database that cannot shrink.
const vacuumNever = 0

// Shrink implements session.Store. PostgreSQL sees to it by itself.
func (s *Store) Shrink(ctx context.Context) (more bool, err error) {
	const doing = "give space back to the disk"
	if s.file == "" {
		return false, nil
	}
	mode, spare, err := s.spare(ctx)
	switch {
	case err != nil:
		return false, s.fail(ctx, doing, err)
	case spare <= 0:
		return false, nil
	case mode == vacuumNever:
		s.complain.Do(func() { err = s.rigid })
		return false, err
	}
	// An interrupted slice would be lost.
	slice := context.WithoutCancel(ctx)
	if _, err := s.write.ExecContext(slice, fmt.Sprintf(`PRAGMA incremental_vacuum(%d)`, min(spare, slicePages))); err != nil {
		return false, s.fail(ctx, doing, err)
	}
	lag, err := checkpoint(slice, s.write)
	if err != nil {
		return false, s.fail(ctx, doing, err)
	}
	return spare > slicePages && lag <= lagPages, nil
}

// checkpoint brings the log into the file, which is cut then, without waiting for anybody. It
// returns how many pages are left in the log for the sake of readers of what was before.
func checkpoint(ctx context.Context, on querier) (lag int, err error) {
	var busy, logged, done int
	err = on.QueryRowContext(ctx, `PRAGMA wal_checkpoint(PASSIVE)`).Scan(&busy, &logged, &done)
	return logged - done, err
}

// spare returns whether the database can shrink, and how many free pages it has to spare.
func (s *Store) spare(ctx context.Context) (mode, pages int64, err error) {
	err = s.q.QueryRowContext(ctx, `SELECT auto_vacuum, freelist_count - $1 / page_size
FROM pragma_auto_vacuum, pragma_freelist_count, pragma_page_size`, spareBytes).Scan(&mode, &pages)
	return mode, pages, err
}

// errLarge is why a database was not converted.
var errLarge = errors.New("it holds much, or the disk has no room for it twice")

// convert makes an older database one that can shrink, if it holds little and the disk has room for
// it twice. That is no condition of a start: the database stays as it is, and the next start tries
// again.
func (s *Store) convert(ctx context.Context) error {
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // it goes back to the pool
	var mode, used int64
	err = conn.QueryRowContext(ctx, `SELECT auto_vacuum, (page_count - freelist_count) * page_size
FROM pragma_auto_vacuum, pragma_page_count, pragma_freelist_count, pragma_page_size`).Scan(&mode, &used)
	if err != nil || mode != vacuumNever {
		return err
	}
	why := errLarge
	if used <= convertBytes && free(filepath.Dir(s.reserve.path)) >= 2*used+spareBytes {
		if _, why = conn.ExecContext(ctx, `PRAGMA auto_vacuum = 2`); why == nil {
			_, why = conn.ExecContext(ctx, `VACUUM`)
		}
		if why == nil {
			_, why = checkpoint(ctx, conn)
		}
	}
	if why != nil {
		s.rigid = fmt.Errorf("space of removed sessions stays in %s, which an older version made; the next start tries again to change that, "+
			"or stop the server and run sqlite3 on it with 'PRAGMA auto_vacuum = 2; VACUUM': %w", s.file, why)
	}
	return ctx.Err()
}
