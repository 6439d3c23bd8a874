// Package supervise is the one process that owns an engine instance, and the client with which a
// server talks to it.
//
// The server starts `hearth supervise <dir>` in a Unix session of its own, and it stays when the
// server dies. It is the parent of the kernel processes, sends them statements one at a time, keeps
// their events in a spool on disk and serves it over a Unix socket. When the instance ends it makes
// sure that nothing of it runs any more, and records the exit. Its configuration is in launch.json;
// Dir names the files.
//
// It knows neither Spark nor runtimes nor sessions, and it imports little, because one of it runs
// beside every instance. engine/local is its only caller.
//
// What a newcomer gets wrong: all state of a supervisor changes in its loop alone; the goroutines
// around it read pipes and sockets and post functions to the loop. Nothing in the loop may wait for
// a server.
package supervise

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/supervise/proc"
	"hearth/internal/engine/supervise/spool"
	"hearth/internal/kernel"
)

// HandshakeVariable names the descriptor on which a supervisor writes one line to its starter: "ok"
// when it listens, or the reason why it does not, which begins with NoSpace if the disk is full.
const HandshakeVariable = "HEARTH_HANDSHAKE_FD"

// NoSpace begins the line of a supervisor that does not start because the disk is full.
const NoSpace = "no space: "

const (
	memoryGoal   = 12 << 20 // bytes; the garbage collector works harder above it
	sweepLimit   = 30 * time.Second
	drainLimit   = 5 * time.Second
	defaultGrace = 10 * time.Second
)

// Main runs `hearth supervise <dir>` and returns its exit code.
func Main(args []string) int {
	debug.SetGCPercent(50)
	debug.SetMemoryLimit(memoryGoal)
	// Linux would call it "exe", as it was started from /proc/self/exe; other systems have no such
	// file.
	_ = os.WriteFile("/proc/self/comm", []byte("hearth"), 0o600)
	say := handshake()
	if len(args) != 1 {
		say("usage: hearth supervise <dir>")
		return 2
	}
	dir := Dir(args[0])
	output, err := openLog(dir.Log(), logLimit)
	if err != nil {
		say(refusalLine(err))
		return 1
	}
	defer func() { _ = output.Close() }()
	log := slog.New(slog.NewTextHandler(output, nil)).With("by", "hearth")
	if err := run(dir, output, log, func() { say("ok") }); err != nil {
		say(refusalLine(err))
		log.Error("the supervisor failed", "error", err)
		return 1
	}
	return 0
}

// handshake returns a function that writes the line of the handshake.
func handshake() func(string) {
	fd, err := strconv.Atoi(os.Getenv(HandshakeVariable))
	_ = os.Unsetenv(HandshakeVariable)
	if err != nil {
		return func(string) {}
	}
	f := os.NewFile(uintptr(fd), "handshake")
	return func(line string) {
		_, _ = fmt.Fprintln(f, line)
		_ = f.Close()
	}
}

// refusalLine returns the line of a handshake that fails.
func refusalLine(err error) string {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return NoSpace + err.Error()
	}
	return err.Error()
}

// run supervises the instance in dir until it has ended; the output of the processes goes to
// output. It calls listening when a server can connect. An error means that nothing was started.
func run(dir Dir, output io.Writer, log *slog.Logger, listening func()) error {
	launch, err := ReadJSON[Launch](dir.Launch())
	if err != nil {
		return fmt.Errorf("read the launch file: %w", err)
	}
	if launch.Version != LaunchVersion {
		return fmt.Errorf("launch file of version %d, want %d", launch.Version, LaunchVersion)
	}
	unlock, err := lock(dir.Lock())
	if err != nil {
		return fmt.Errorf("another supervisor has this instance: %w", err)
	}
	defer unlock()
	for _, path := range launch.Hold {
		release, err := flock(path, os.O_CREATE, syscall.LOCK_SH)
		if err != nil {
			return fmt.Errorf("hold what the instance runs on: %w", err)
		}
		defer release()
	}
	s, err := newSupervisor(dir, launch, output, log.With("instance_id", launch.ID))
	if err != nil {
		return err
	}
	server, err := s.listen()
	if err != nil {
		return errors.Join(err, s.group.Remove(), s.events.spool.Close())
	}
	s.log.Info("the output of the processes follows")
	listening()
	s.handleSignals()
	go s.do(func() { s.unattended(); s.start() })
	exit := s.loop()
	server.stop()
	s.end(exit)
	server.drain(drainLimit)
	return s.events.spool.Close()
}

// supervisor is the state of a supervisor. Its fields belong to its loop.
type supervisor struct {
	dir     Dir
	launch  Launch
	output  io.Writer // the log, for output of the processes
	log     *slog.Logger
	events  *broadcast
	group   *proc.Group // nil where there are none
	starter *starter
	ooms    int // processes that the system had killed for memory before

	inbox chan func()
	done  chan struct{} // closed when the loop has ended

	children map[string]*child
	gateway  *kernel.Frame // kept in memory for a process that starts late
	startup  startup
	statements
	shortage
	inquiries
	attendance
	ending
}

func newSupervisor(dir Dir, launch Launch, output io.Writer, log *slog.Logger) (*supervisor, error) {
	kept, err := spool.Create(dir.Spool())
	if err != nil {
		return nil, err
	}
	if err := makeReserve(dir); err != nil {
		return nil, errors.Join(fmt.Errorf("make the reserve: %w", err), kept.Close())
	}
	if err := proc.BecomeSubreaper(); err != nil {
		log.Warn("processes that leave their parent are found by their environment only", "error", err)
	}
	if err := proc.Tag(launch.ID); err != nil {
		log.Warn("processes that clear their environment may outlive the instance", "error", err)
	} else if err := proc.Hide(); err != nil { // untagged it must be found by its environment
		log.Warn("sessions can read the supervisor's memory", "error", err)
	}
	group, err := proc.NewGroup(GroupName(launch.ID))
	if err != nil && !errors.Is(err, proc.ErrUnsupported) {
		return nil, err
	}
	ooms, _ := proc.OOMKills()
	s := &supervisor{
		dir: dir, launch: launch, output: output, log: log, events: newBroadcast(kept), group: group, starter: newStarter(), ooms: ooms,
		inbox: make(chan func()), done: make(chan struct{}), children: map[string]*child{},
		statements: statements{seen: map[int64]bool{}}, inquiries: inquiries{open: map[int64]inquiry{}},
	}
	s.startup = newStartup(launch, s.stalled)
	return s, nil
}

// do runs f in the loop, waits for it, and reports whether f was run: it is not after the end of
// the loop.
func (s *supervisor) do(f func()) bool {
	ran := make(chan struct{})
	select {
	case s.inbox <- func() { defer close(ran); f() }:
		<-ran
		return true
	case <-s.done:
		return false
	}
}

// post queues f for the loop, after everything that the same goroutine posted before.
func (s *supervisor) post(f func()) {
	select {
	case s.inbox <- f:
	case <-s.done:
	}
}

// later runs f in the loop after the duration.
func (s *supervisor) later(d time.Duration, f func()) *time.Timer {
	return time.AfterFunc(d, func() { s.post(f) })
}

func (s *supervisor) loop() engine.Exit {
	defer close(s.done)
	for s.exit == nil {
		(<-s.inbox)()
	}
	return *s.exit
}

// handleSignals stops the instance in an orderly way at SIGTERM.
func (s *supervisor) handleSignals() {
	signal.Ignore(syscall.SIGHUP, syscall.SIGINT, syscall.SIGPIPE)
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	go func() {
		<-term
		s.do(func() { s.stop(defaultGrace, requested()) })
	}()
}

// end clears away and records the end, in this order: no process runs, nothing is left over,
// exit.json, the event.
func (s *supervisor) end(exit engine.Exit) {
	ctx, cancel := context.WithTimeout(context.Background(), sweepLimit)
	defer cancel()
	if err := (proc.Sweep{Tag: s.launch.ID, Root: os.Getpid(), Group: s.group}).Run(ctx); err != nil {
		s.log.Error("something of the instance still runs", "error", err)
	}
	if err := s.dir.Clear(""); err != nil {
		s.log.Error("something of the instance is left over", "error", err)
	}
	for _, n := range s.unfinished() {
		s.report(engine.Event{Kind: engine.EventResult, Statement: n, Status: engine.StatusLost})
	}
	exit.Time = time.Now()
	s.log.Info("the instance has ended", "cause", exit.Cause, "message", exit.Message)
	if err := WriteJSON(s.dir.Exit(), exit); err != nil {
		s.log.Error("the exit cannot be recorded", "error", err)
	}
	s.report(engine.Event{Kind: engine.EventExit, Exit: &exit})
	for _, e := range s.late {
		s.log.Error("an event is lost", "kind", e.Kind, "statement", e.Statement)
	}
}
