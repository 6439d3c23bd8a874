package store

import (
	"context"
	"os"
)

// Size returns how many bytes the database takes on disk, with the log of an SQLite file. It reads
// no table.
func (s *Store) Size(ctx context.Context) (int64, error) {
	if s.file == "" {
		var n int64
		err := s.read.QueryRowContext(ctx, "SELECT pg_database_size(current_database())").Scan(&n)
		return n, s.fail(ctx, "read the size of the database", err)
	}
	info, err := os.Stat(s.file)
	if err != nil {
		return 0, s.fail(ctx, "read the size of the database", err)
	}
	size := info.Size()
	if log, err := os.Stat(s.file + "-wal"); err == nil {
		size += log.Size()
	}
	return size, nil
}
