package supervise

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/supervise/proc"
	"hearth/internal/engine/supervise/spool"
	"hearth/internal/kernel"
)

// attachLimit bounds the time in which a new connection is attached, on both sides.
const attachLimit = 5 * time.Second

// server serves the socket. All connections receive all events.
type server struct {
	s        *supervisor
	listener *net.UnixListener
	conns    sync.WaitGroup

	mu   sync.Mutex
	open map[net.Conn]bool
}

// listen opens the socket and writes supervisor.json.
func (s *supervisor) listen() (*server, error) {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: s.launch.Socket, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	self, err := proc.Self()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen: %w", err), l.Close())
	}
	record := Record{
		Version: 1, ID: s.launch.ID, Self: self, Socket: s.launch.Socket, Protocols: []int{kernel.Version},
		Group: s.group.Path(), Started: time.Now(),
	}
	if err := errors.Join(os.Chmod(s.launch.Socket, 0o600), WriteJSON(s.dir.Record(), record)); err != nil {
		return nil, errors.Join(fmt.Errorf("listen: %w", err), l.Close())
	}
	srv := &server{s: s, listener: l, open: map[net.Conn]bool{}}
	go srv.accept()
	return srv, nil
}

func (srv *server) accept() {
	for {
		c, err := srv.listener.AcceptUnix()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			srv.s.log.Warn("a connection was not accepted", "error", err)
			time.Sleep(100 * time.Millisecond) // no descriptors left, most likely
			continue
		}
		srv.mu.Lock()
		srv.open[c] = true
		srv.mu.Unlock()
		srv.conns.Go(func() {
			srv.serve(c)
			srv.mu.Lock()
			defer srv.mu.Unlock()
			delete(srv.open, c)
		})
	}
}

// stop takes no new connections and removes the socket.
func (srv *server) stop() { _ = srv.listener.Close() }

// drain waits until the connections have read the last event, at most for the limit, and closes
// them.
func (srv *server) drain(limit time.Duration) {
	idle := make(chan struct{})
	go func() { srv.conns.Wait(); close(idle) }()
	select {
	case <-idle:
		return
	case <-time.After(limit):
	}
	srv.mu.Lock()
	defer srv.mu.Unlock()
	for c := range srv.open {
		_ = c.Close()
	}
}

// attachment is one connection of a server that has sent the secret.
type attachment struct {
	srv  *server
	conn *net.UnixConn
	in   *kernel.Reader
	out  *kernel.Writer
}

func (srv *server) serve(c *net.UnixConn) {
	defer func() { _ = c.Close() }()
	if err := sameUser(c); err != nil {
		srv.s.log.Warn("a connection was refused", "error", err)
		return
	}
	_ = c.SetReadDeadline(time.Now().Add(attachLimit))
	a := &attachment{srv: srv, conn: c, in: kernel.NewReader(bufio.NewReader(c)), out: kernel.NewWriter(c)}
	f, err := a.in.Read()
	if err != nil {
		return
	}
	if err := srv.admits(f); err != nil {
		_ = a.out.Write(kernel.Frame{Type: kernel.Refused, ID: f.ID, Proto: kernel.Version, Text: err.Error()})
		return
	}
	_ = c.SetReadDeadline(time.Time{})
	r, err := srv.s.events.subscribe(f.After)
	if err != nil {
		_ = a.out.Write(refuse(f.ID, err))
		return
	}
	defer r.leave()
	attached := kernel.Frame{Type: kernel.Attached, ID: f.ID, Proto: kernel.Version, Seq: srv.s.events.spool.Last()}
	if a.out.Write(attached) != nil {
		return
	}
	if srv.s.do(srv.s.attended) {
		defer srv.s.do(srv.s.detached)
	}
	hungUp := make(chan struct{})
	go func() { defer close(hungUp); a.handle() }()
	a.publish(r, hungUp)
}

func (srv *server) admits(f kernel.Frame) error {
	switch {
	case f.Type != kernel.Attach:
		return errors.New("attach first")
	case !secretFits(f.Secret, srv.s.launch.SecretHash):
		return errors.New("wrong secret")
	case !slices.Contains([]int{kernel.Version}, f.Proto):
		return fmt.Errorf("this supervisor does not speak version %d of the protocol", f.Proto)
	}
	return nil
}

// publish sends events until the exit is sent or the other side has closed the connection.
func (a *attachment) publish(r *reader, hungUp <-chan struct{}) {
	for {
		e, ok, err := r.next()
		if err != nil {
			a.srv.s.log.Error("the spool cannot be read", "error", err)
			return
		}
		if !ok {
			select {
			case <-r.wake:
			case <-hungUp:
				return
			}
			continue
		}
		err = a.out.WriteEvent(e.Event)
		if errors.Is(err, kernel.ErrTooLarge) {
			err = a.publishCut(e)
		}
		if err != nil || e.Exit {
			return
		}
	}
}

// publishCut sends an event that is too large for a frame with its value replaced by a mark.
func (a *attachment) publishCut(e spool.Entry) error {
	var cut engine.Event
	if err := json.Unmarshal(e.Event, &cut); err != nil {
		return err
	}
	cut.Data = map[string]string{"text/plain": "[the value is too large to be shown]"}
	return a.out.Write(kernel.Frame{Type: kernel.Event, Event: &cut})
}

// handle answers requests one by one until the other side closes the connection.
func (a *attachment) handle() {
	for {
		f, err := a.in.Read()
		if err != nil {
			_ = a.conn.Close()
			return
		}
		switch f.Type {
		case kernel.Complete, kernel.Inspect, kernel.AddFile:
			go a.inquire(f)
			continue
		case kernel.Acknowledge:
			if err := a.srv.s.events.spool.Trim(f.Seq); err != nil {
				a.srv.s.log.Warn("events that are stored cannot be given up", "error", err)
			}
			continue
		}
		answer := kernel.Frame{Type: kernel.Accepted, ID: f.ID}
		if err := a.srv.request(f); err != nil {
			answer = refuse(f.ID, err)
		}
		if a.out.Write(answer) != nil {
			return
		}
	}
}

// request executes one request in the loop.
func (srv *server) request(f kernel.Frame) error {
	var err error
	ran := srv.s.do(func() {
		switch f.Type {
		case kernel.Execute:
			err = srv.s.execute(engine.Statement{Number: f.Stmt, Language: f.Lang, Code: f.Code})
		case kernel.Interrupt:
			srv.s.interrupt(f.Stmt)
		case kernel.Stop:
			srv.s.stop(time.Duration(f.GraceMS)*time.Millisecond, requested())
		default:
			err = fmt.Errorf("unknown request %q", f.Type)
		}
	})
	if !ran {
		return errGone
	}
	return err
}
