package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/supervise"
	"hearth/internal/engine/supervise/proc"
	"hearth/internal/engine/supervise/spool"
)

// phase is the part of its life that the directory of an instance shows.
type phase int

const (
	absent   phase = iota // no directory, or an intent that nobody took up
	starting              // a supervisor has it and does not listen yet
	running               // a supervisor listens
	ended                 // exit.json is there: nothing runs
	lost                  // the supervisor died without exit.json
)

// state is the result of look.
type state struct {
	phase  phase
	record supervise.Record // when running or lost
	exit   engine.Exit      // when ended
}

// look reads the directory. The exit counts most: the supervisor writes it when nothing runs any
// more, and lives on for a moment to report it. A file that cannot be decoded counts as none: the
// processes of its writer must be cleared away. A directory without a record is judged by the one
// in the handle.
func (d *Driver) look(at place) (state, error) {
	dir := at.dir
	exit, err := supervise.ReadJSON[engine.Exit](dir.Exit())
	if err == nil {
		return state{phase: ended, exit: exit}, nil
	}
	if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, supervise.ErrMalformed) {
		return state{}, err
	}
	record, err := supervise.ReadJSON[supervise.Record](dir.Record())
	if err != nil && at.stored.ID != "" && exists(string(dir)) {
		record, err = at.stored, nil
	}
	switch {
	case err == nil && record.Self.Alive():
		return state{phase: running, record: record}, nil
	case err == nil || errors.Is(err, supervise.ErrMalformed):
		// It may have ended in an orderly way between the two looks.
		if exit, err := supervise.ReadJSON[engine.Exit](dir.Exit()); err == nil {
			return state{phase: ended, exit: exit}, nil
		}
		return state{phase: lost, record: record}, nil
	case !errors.Is(err, fs.ErrNotExist):
		return state{}, err
	}
	if _, err := os.Stat(dir.Lock()); errors.Is(err, fs.ErrNotExist) {
		return state{phase: absent}, nil
	} else if err != nil {
		return state{}, err
	}
	unlock, err := supervise.TryLock(dir)
	if errors.Is(err, supervise.ErrLocked) {
		return state{phase: starting}, nil
	}
	if err != nil {
		return state{}, err
	}
	unlock()
	return state{phase: absent}, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// await waits until a supervisor that is starting listens.
func (d *Driver) await(ctx context.Context, at place) (supervise.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeLimit)
	defer cancel()
	for {
		st, err := d.look(at)
		if err != nil {
			return supervise.Record{}, err
		}
		switch st.phase {
		case running, lost:
			return st.record, nil
		case ended:
			return supervise.ReadJSON[supervise.Record](at.dir.Record())
		case absent:
			return supervise.Record{}, errors.New("the supervisor died before it listened")
		}
		if err := pause(ctx); err != nil {
			return supervise.Record{}, fmt.Errorf("the supervisor does not listen: %w", err)
		}
	}
}

// settle ends an instance and records its end: every process of it is killed, scratch is removed,
// unfinished statements are lost, exit.json is written. An exit that is already written stays. The
// caller holds the lock of the id.
func (d *Driver) settle(ctx context.Context, at place, exit engine.Exit) (engine.Exit, error) {
	st, err := d.look(at)
	if err != nil {
		return engine.Exit{}, err
	}
	if err := d.sweep(ctx, st.record.Group, at.id); err != nil {
		return engine.Exit{}, err
	}
	unlock, err := lockDead(ctx, at.dir)
	if err != nil {
		return engine.Exit{}, err
	}
	defer unlock()
	socket, err := socketOf(at.dir, st.record)
	if err = errors.Join(err, at.dir.Clear(socket)); err != nil {
		return engine.Exit{}, fmt.Errorf("clear away: %w", err)
	}
	if st, err := d.look(at); err == nil && st.phase == ended {
		return st.exit, nil
	}
	exit.Time = time.Now()
	exit.LastLines, _ = supervise.LastLines(at.dir.Log())
	d.log.WarnContext(ctx, "an instance has ended without its supervisor", "instance_id", at.id, "cause", exit.Cause)
	return exit, d.record(at.dir, exit)
}

// sweep kills every process with the id's tag, the supervisor included, and every one in the
// control group.
func (d *Driver) sweep(ctx context.Context, group, id string) error {
	name := supervise.GroupName(id)
	open := func() (*proc.Group, error) { return proc.FindGroup(name) } // it died before it could record it
	if filepath.Base(group) == name {
		open = func() (*proc.Group, error) { return proc.OpenGroup(group) }
	}
	g, err := open()
	if err != nil {
		return err
	}
	return proc.Sweep{Tag: id, Group: g}.Run(ctx)
}

// record finishes the spool as the supervisor would have, in the same order.
func (d *Driver) record(dir supervise.Dir, exit engine.Exit) error {
	s, contents, err := spool.Recover(dir.Spool())
	if err != nil {
		d.log.Error("the spool of an instance cannot be continued", "dir", string(dir), "error", err)
		return supervise.WriteJSON(dir.Exit(), exit)
	}
	return errors.Join(finish(dir, s, contents, exit), s.Close())
}

func finish(dir supervise.Dir, s *spool.Spool, contents spool.Contents, exit engine.Exit) error {
	if contents.Exit != nil {
		return supervise.WriteJSON(dir.Exit(), contents.Exit)
	}
	for _, n := range contents.Unfinished {
		e := engine.Event{Time: exit.Time, Kind: engine.EventResult, Statement: n, Status: engine.StatusLost}
		if _, err := s.Append(spool.Record{Event: &e}); err != nil {
			return err
		}
	}
	if err := supervise.WriteJSON(dir.Exit(), exit); err != nil {
		return err
	}
	_, err := s.Append(spool.Record{Event: &engine.Event{Time: exit.Time, Kind: engine.EventExit, Exit: &exit}})
	return err
}

// lockDead takes the lock of a supervisor that has just been killed.
func lockDead(ctx context.Context, dir supervise.Dir) (func(), error) {
	for {
		unlock, err := supervise.TryLock(dir)
		if err == nil || !errors.Is(err, supervise.ErrLocked) {
			return unlock, err
		}
		if perr := pause(ctx); perr != nil {
			return nil, fmt.Errorf("%w: %w", err, perr)
		}
	}
}

func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(pollEvery):
		return nil
	}
}
