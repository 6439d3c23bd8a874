package local_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"hearth/internal/engine"
	"hearth/internal/engine/supervise"
	"hearth/internal/session"
)

// idle is a life whose session is idle, on a disk that can be filled; nil where there is none,
// which needs root and FUSE.
func idle(t *testing.T) (*life, session.Session, *disk) {
	t.Helper()
	d := newDisk(t)
	if d == nil {
		return nil, session.Session{}, nil
	}
	l := d.life(t, "1")
	l.begin()
	s := l.create()
	return l, s, d
}

// fill makes the one area of the disk full, or makes space in it, and returns how often the spool
// was written so far.
func (d *disk) fill(full bool) (written int) {
	for op, count := range d.tell(order{Area: "1", Fill: full, Free: !full}).Counts {
		if strings.HasPrefix(op, "write */spool") {
			written += count
		}
	}
	return written
}

// over ends the life after a test.
func (d *disk) over(l *life, s session.Session) {
	d.fill(false)
	l.delete(s)
}

// cancelled demands that the statement ends as the one that hangs and is cancelled.
func (l *life) cancelled(n int64) {
	l.t.Helper()
	if err := l.Cancel(l.t.Context(), l.ref, session.StatementRef{Place: n}); err != nil {
		l.t.Fatal(err)
	}
	l.until(n, "cancelled", func(st session.Statement) bool { return st.State == session.StatementCancelled })
}

// A statement that was accepted has its result in the end, however often the disk is full: the
// reserve is there again when there is space. Needs root and FUSE.
func TestReserve_ThatWasNeeded_IsThereAgain(t *testing.T) {
	l, s, d := idle(t)
	if l == nil {
		return
	}
	defer d.over(l, s)
	for range 3 {
		n := l.run("hang")
		l.hanging(n)
		d.fill(true)
		l.cancelled(n)
		d.fill(false)
		l.patient("the reserve", func() error {
			info, err := os.Stat(supervise.Dir(l.dir(s)).Reserve())
			if err == nil && info.Size() < 1<<20 {
				err = fmt.Errorf("it has %d bytes", info.Size())
			}
			return err
		})
	}
	l.whole(l.run("print one"), session.StatementDone, "one\n", "")
}

// Needs root and FUSE.
func TestResult_OnAFullDiskWithoutAReserve_ComesWhenThereIsSpace(t *testing.T) {
	l, s, d := idle(t)
	if l == nil {
		return
	}
	defer d.over(l, s)
	n, next := l.run("hang"), l.run("print two")
	l.hanging(n)
	d.fill(true)
	if err := os.Remove(supervise.Dir(l.dir(s)).Reserve()); err != nil {
		t.Fatal(err)
	}
	before := d.fill(true) // somebody else was faster
	if err := l.Cancel(t.Context(), l.ref, session.StatementRef{Place: n}); err != nil {
		t.Fatal(err)
	}
	l.patient("the result", func() error {
		if d.fill(true) == before {
			return errors.New("it is not there")
		}
		return nil
	})
	d.fill(false)
	l.whole(n, session.StatementCancelled, "hanging\n", "")
	l.whole(next, session.StatementDone, "two\n", "")
}

// Needs root and FUSE.
func TestFullDisk_CreationsAndUploads_SaySo(t *testing.T) {
	l, s, d := idle(t)
	if l == nil {
		return
	}
	defer d.over(l, s)
	d.fill(true)
	upload := func() error {
		return l.Upload(t.Context(), l.ref, string(engine.FilePython), "m.py", strings.NewReader("a module"))
	}
	if err := upload(); !errors.Is(err, session.Unavailable) || !strings.Contains(err.Error(), "no space") {
		t.Errorf("an upload: %v", err)
	}
	other := *l
	other.ref.ExternalID = "other"
	refused := other.ask()
	if refused.State != session.StateEnded || !strings.Contains(refused.Reason, "no space") {
		t.Errorf("the session is %s: %q", refused.State, refused.Reason)
	}
	other.delete(refused)
	d.fill(false)
	if err := upload(); err != nil {
		t.Error(err)
	}
}
