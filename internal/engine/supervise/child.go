package supervise

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"hearth/internal/engine/supervise/proc"
	"hearth/internal/kernel"
)

// starter starts processes, and reaps orphans, on one thread of its own. The thread must live as
// long as the supervisor: the kernel's parent-death signal is bound to the thread that forked.
type starter struct {
	work chan func()
	own  map[int]bool // pids with a wait of their own; touched on the thread only
}

func newStarter() *starter {
	s := &starter{work: make(chan func()), own: map[int]bool{}}
	go func() {
		runtime.LockOSThread()
		for f := range s.work {
			f()
		}
	}()
	go s.reapOrphans()
	return s
}

func (s *starter) do(f func()) {
	done := make(chan struct{})
	s.work <- func() { defer close(done); f() }
	<-done
}

func (s *starter) start(cmd *exec.Cmd) (err error) {
	s.do(func() {
		if err = cmd.Start(); err == nil {
			s.own[cmd.Process.Pid] = true
		}
	})
	return err
}

func (s *starter) wait(cmd *exec.Cmd) error {
	err := cmd.Wait()
	s.do(func() { delete(s.own, cmd.Process.Pid) })
	return err
}

// reapOrphans collects processes that died after their own parent, at most once a second.
func (s *starter) reapOrphans() {
	died := make(chan os.Signal, 1)
	signal.Notify(died, syscall.SIGCHLD)
	for range died {
		time.Sleep(time.Second)
		s.do(func() { proc.Reap(func(pid int) bool { return s.own[pid] }) })
	}
}

// lastWords is how long the pipes of a dead process are read on when another process holds them
// open.
const lastWords = 300 * time.Millisecond

// sendLimit is the number of frames that may wait for a process to read them.
const sendLimit = 256

// child is one running kernel process.
type child struct {
	Process
	cmd *exec.Cmd
	out chan kernel.Frame // to the process

	// The rest belongs to the supervisor's loop.
	fatal string
	end   *processEnd
}

// processEnd is the end of a process.
type processEnd struct {
	Process
	code   int // -1 when it was a signal
	signal string
	fatal  string
}

// startChild starts a kernel process, whose output goes to output. It calls onFrame for each of its
// frames, in order, then onEnd once.
func startChild(st *starter, p Process, id string, g *proc.Group, output io.Writer, onFrame func(*child, kernel.Frame), onEnd func(*child, processEnd)) (*child, error) {
	inR, inW, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", p.Role, err)
	}
	outR, outW, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", p.Role, err), inR.Close(), inW.Close())
	}
	cmd := exec.Command(p.Argv[0], p.Argv[1:]...)
	cmd.Dir = p.Dir
	cmd.Env = append(append([]string(nil), p.Env...), proc.TagVariable+"="+id, "HEARTH_OUT_FD="+strconv.Itoa(OutFD))
	cmd.Stdout, cmd.Stderr = output, output
	cmd.WaitDelay = lastWords
	cmd.ExtraFiles = []*os.File{outW}
	if p.Stdin {
		cmd.Stdin = inR
	} else {
		cmd.ExtraFiles = append(cmd.ExtraFiles, inR)
		cmd.Env = append(cmd.Env, "HEARTH_IN_FD="+strconv.Itoa(InFD))
	}
	cmd.SysProcAttr = proc.ChildAttr(g)
	c := &child{Process: p, cmd: cmd, out: make(chan kernel.Frame, sendLimit)}
	err = st.start(cmd)
	_ = inR.Close()
	_ = outW.Close()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", p.Role, err), inW.Close(), outR.Close())
	}
	_ = proc.Sacrifice(cmd.Process.Pid) // it may have ended already
	read := make(chan struct{})
	go func() {
		defer close(read)
		c.read(outR, onFrame)
	}()
	gone := make(chan struct{})
	go c.write(inW, gone)
	go func() {
		err := st.wait(cmd)
		close(gone)
		// Its last frames are still in the pipe, which a fork of it may hold open for ever.
		select {
		case <-read:
		case <-time.After(lastWords):
		}
		_ = outR.Close()
		onEnd(c, ended(p, cmd.ProcessState, err))
	}()
	return c, nil
}

func (c *child) read(r *os.File, onFrame func(*child, kernel.Frame)) {
	frames := kernel.NewReader(bufio.NewReaderSize(r, coalesceSize))
	joined := newCoalescer(func(f kernel.Frame) { onFrame(c, f) })
	defer joined.flush()
	for {
		f, err := frames.Read()
		if err != nil {
			if errors.Is(err, kernel.ErrMalformed) || errors.Is(err, kernel.ErrTooLarge) {
				// None of its later bytes can be understood.
				joined.take(kernel.Frame{Type: kernel.Fatal, Text: "it broke the statement protocol"})
				_ = c.cmd.Process.Kill()
			}
			return
		}
		joined.take(f)
	}
}

func (c *child) write(w *os.File, gone <-chan struct{}) {
	defer w.Close()
	frames := kernel.NewWriter(w)
	for {
		select {
		case f := <-c.out:
			if frames.Write(f) != nil {
				return
			}
		case <-gone:
			return
		}
	}
}

// send queues a frame for the process without waiting. There is room for it: of the frames that may
// come in any number, inquiries leave half of the queue free, interrupts a quarter. A process for
// which there is none all the same is killed, because a frame that is lost would be a statement
// that runs for ever.
func (c *child) send(f kernel.Frame) {
	if c == nil || c.end != nil {
		return
	}
	select {
	case c.out <- f:
	default:
		c.fatal = "it reads nothing"
		c.signal(os.Kill)
	}
}

// interrupt sends the process an interrupt of a statement, unless it has much to read: it will find
// an earlier one there.
func (c *child) interrupt(number int64) {
	if c != nil && len(c.out) < cap(c.out)*3/4 {
		c.send(kernel.Frame{Type: kernel.Interrupt, Stmt: number})
	}
}

// behind reports whether the process has not read for long: the room left in the queue is kept for
// statements and interrupts.
func (c *child) behind() bool { return len(c.out) >= cap(c.out)/2 }

func (c *child) signal(sig os.Signal) {
	if c.end == nil {
		_ = c.cmd.Process.Signal(sig)
	}
}

func ended(p Process, state *os.ProcessState, err error) processEnd {
	e := processEnd{Process: p, code: -1}
	if state == nil {
		e.signal = fmt.Sprint(err)
		return e
	}
	e.code = state.ExitCode()
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		e.signal = ws.Signal().String()
	}
	return e
}
