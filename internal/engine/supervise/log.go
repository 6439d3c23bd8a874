package supervise

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// logLimit is the greatest size of the instance's log, in bytes. All output of the processes that
// belongs to no statement is in it: nothing else bounds it, and one runaway logger must not fill
// the disk of all sessions.
const logLimit = 64 << 20

// driverLog is the instance's log. When it is full its middle is dropped: the beginning shows the
// instance and its start, the end shows its present. A mark stands in place of the missing part.
//
// Writing never fails: a process whose log cannot be kept goes on. What a full disk did not take is
// counted, and a line says how much is missing as soon as there is space.
type driverLog struct {
	limit int64

	mu     sync.Mutex
	file   *os.File
	size   int64
	missed int64 // bytes that could not be written since the last ones that were
}

// openLog opens an existing log to append to it.
func openLog(path string, limit int64) (*driverLog, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the log: %w", err), f.Close())
	}
	return &driverLog{limit: limit, file: f, size: size}, nil
}

// Write implements io.Writer and always takes everything.
func (l *driverLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.confess() {
		l.missed += int64(len(b))
		return len(b), nil
	}
	for rest := b; len(rest) > 0; {
		n, err := l.file.WriteAt(rest[:min(len(rest), logPiece)], l.size)
		l.size += int64(n)
		rest = rest[n:]
		if err != nil {
			l.missed = int64(len(rest))
			break
		}
		if l.size > l.limit {
			l.dropMiddle()
		}
	}
	return len(b), nil
}

// confess writes how much is missing from the log, and reports whether that is said or nothing is.
func (l *driverLog) confess() bool {
	if l.missed == 0 {
		return true
	}
	mark := fmt.Appendf(nil, "\n… %d bytes of the log are missing here: they could not be written …\n", l.missed)
	if _, err := l.file.WriteAt(mark, l.size); err != nil {
		_ = l.file.Truncate(l.size)
		return false
	}
	l.size += int64(len(mark))
	l.missed = 0
	return true
}

// logPiece is how many bytes are written, or moved, at once.
const logPiece = 64 << 10

// dropMiddle makes the log half as long as it may be: it keeps an eighth from the beginning and
// three from the end, both in whole lines where lines are short.
func (l *driverLog) dropMiddle() {
	to := l.lineAfter(l.limit / 8)
	from := l.lineAfter(l.size - l.limit*3/8)
	mark := fmt.Appendf(nil, "… %d bytes of the log are left out here: it is kept up to %d …\n", from-to, l.limit)
	if n, err := l.file.WriteAt(mark, to); err == nil {
		to += int64(n)
	}
	b := make([]byte, logPiece)
	for from < l.size {
		n, err := l.file.ReadAt(b[:min(l.size-from, logPiece)], from)
		if n == 0 {
			break
		}
		if _, werr := l.file.WriteAt(b[:n], to); werr != nil || err != nil && !errors.Is(err, io.EOF) {
			break
		}
		from, to = from+int64(n), to+int64(n)
	}
	if l.file.Truncate(to) == nil {
		l.size = to
	}
}

// lineAfter returns the offset of the first line that begins after the given one, or that offset
// itself in the middle of a long line.
func (l *driverLog) lineAfter(at int64) int64 {
	b := make([]byte, 4<<10)
	n, _ := l.file.ReadAt(b, at)
	if i := bytes.IndexByte(b[:n], '\n'); i >= 0 {
		return at + int64(i) + 1
	}
	return at
}

// Close closes the file, with a last mark if the end of the log is missing.
func (l *driverLog) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.confess()
	return l.file.Close()
}
