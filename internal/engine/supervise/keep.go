package supervise

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"syscall"
	"time"

	"hearth/internal/engine"
)

const (
	// reserveSize is the disk space, in bytes, that is freed on a full disk for results and the
	// exit.
	reserveSize = 1 << 20
	// leastText is how much of an error is kept on a full disk, in bytes.
	leastText = 4 << 10
	// regainEvery is the pause between looks whether a full disk has space again.
	regainEvery = time.Second
)

// shortage is the part of the supervisor's state about a full disk.
type shortage struct {
	// late are the events that could not be kept yet, in order: of each that is no output the least
	// part.
	late []engine.Event
	// spent is set while the reserve is not there.
	spent bool
	// looking is set while a look whether there is space again is due.
	looking bool
}

// report keeps an event. On a full disk output is dropped, and its statement is interrupted and
// ends in an error, because output must not vanish in silence; all other events use the reserve,
// and are kept as soon as there is space if that does not help.
func (s *supervisor) report(e engine.Event) {
	e.Time = time.Now()
	if e.Kind == engine.EventResult && s.lossy && e.Status != engine.StatusLost {
		e.Status = engine.StatusError
		e.Error = outputLost()
	}
	err := s.keepInTurn(e)
	if err == nil {
		return
	}
	output := e.Kind == engine.EventStream || e.Kind == engine.EventDisplay || e.Kind == engine.EventPart
	if output && s.lossy {
		return
	}
	s.log.Error("an event cannot be kept", "kind", e.Kind, "statement", e.Statement, "error", err)
	if output {
		s.lossy = true
		s.interrupt(e.Statement)
		return
	}
	if err := os.Remove(s.dir.Reserve()); err != nil && !errors.Is(err, os.ErrNotExist) {
		s.log.Error("the reserve cannot be given back", "error", err)
	}
	s.spent = true
	s.late = append(s.late, least(e))
	s.regain()
}

// keepInTurn keeps an event after those that are late.
func (s *supervisor) keepInTurn(e engine.Event) error {
	if err := s.catchUp(); err != nil {
		return err
	}
	return s.events.keep(e)
}

// catchUp keeps the events that are late, as far as there is space.
func (s *supervisor) catchUp() error {
	for len(s.late) > 0 {
		if err := s.events.keep(s.late[0]); err != nil {
			return err
		}
		s.late = slices.Delete(s.late, 0, 1)
	}
	return nil
}

// regain keeps what is late and makes the reserve again, now or as soon as there is space.
func (s *supervisor) regain() {
	if s.catchUp() == nil && (!s.spent || s.exit != nil || s.restoreReserve() == nil) || s.looking {
		return
	}
	s.looking = true
	s.later(regainEvery, func() {
		s.looking = false
		s.regain()
	})
}

// restoreReserve makes the reserve again. It demands room for two of it: making one must take
// nobody's last space.
func (s *supervisor) restoreReserve() error {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(string(s.dir), &disk); err != nil {
		return err
	}
	if free := int64(disk.Bavail) * int64(disk.Bsize); free < 2*reserveSize {
		return fmt.Errorf("%d bytes are free: %w", free, syscall.ENOSPC)
	}
	err := makeReserve(s.dir)
	s.spent = err != nil
	return err
}

// makeReserve fills the reserve of an instance with bytes that no file system stores in less space.
func makeReserve(dir Dir) error {
	content := make([]byte, reserveSize)
	_, _ = rand.NewChaCha8([32]byte{}).Read(content) // it never fails
	if err := os.WriteFile(dir.Reserve(), content, 0o600); err != nil {
		return errors.Join(err, os.Remove(dir.Reserve())) // a part of it is of no use
	}
	return nil
}

// least returns the part of an event that must be kept on a full disk. The error of a result says
// that its output is incomplete.
func least(e engine.Event) engine.Event {
	if e.Kind == engine.EventResult && len(e.Data) > 0 {
		e.Data, e.Status, e.Error = nil, engine.StatusError, outputLost()
	}
	if e.Error != nil {
		e.Error = &engine.StatementError{Name: clip(e.Error.Name, leastText), Value: clip(e.Error.Value, leastText), Traceback: []string{}}
	}
	return e
}

func outputLost() *engine.StatementError {
	return &engine.StatementError{Name: "OutputLost", Value: "the server has no space left for the output of this statement", Traceback: []string{}}
}
