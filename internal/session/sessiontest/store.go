package sessiontest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"hearth/internal/session"
)

// Store is a session.Store in memory. Writers go one after another; readers see the last commit and
// never wait. It starts no goroutine and uses no clock, so it is at home in a synctest bubble (make
// it inside the bubble).
type Store struct {
	reader
	// writer is a channel and not a sync.Mutex: waiting for it ends with the context, and counts as
	// durably blocked under synctest.
	writer  chan struct{}
	current atomic.Pointer[state]
	// fault, if set, is asked before every commit.
	fault atomic.Pointer[func() error]
	full  atomic.Bool
}

var _ session.Store = (*Store)(nil)

var (
	errClosed = errors.New("sessiontest: the store is closed")
	errTxDone = errors.New("sessiontest: the transaction has ended")
)

// NewStore returns an empty Store.
func NewStore() *Store {
	s := &Store{writer: make(chan struct{}, 1)}
	s.current.Store(&state{records: map[string]*record{}, numbers: map[string]int64{}})
	s.load = func() (*state, error) {
		if st := s.current.Load(); st != nil {
			return st, nil
		}
		return nil, errClosed
	}
	return s
}

// WithTx implements session.Store.
func (s *Store) WithTx(ctx context.Context, fn func(session.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	select {
	case s.writer <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("begin transaction: %w", ctx.Err())
	}
	defer func() { <-s.writer }()
	before, err := s.load()
	if err != nil {
		return err
	}
	t := newTx(before)
	t.full = s.full.Load()
	after := t.state
	defer t.end()
	if err := fn(t); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("commit transaction: %w", err)
	}
	if fault := s.fault.Load(); fault != nil {
		if err := (*fault)(); err != nil {
			return &session.Error{Kind: session.Unavailable, Msg: "the database cannot be written", Err: err}
		}
	}
	if !s.current.CompareAndSwap(before, after) {
		return errClosed
	}
	return nil
}

// FailWrites makes every transaction for which fault returns an error fail with Unavailable and
// leave nothing, as on a full disk; nil ends that.
func (s *Store) FailWrites(fault func() error) {
	if fault == nil {
		s.fault.Store(nil)
		return
	}
	s.fault.Store(&fault)
}

// Fill makes the store a full one that has kept room for ends and removals: what would add
// something fails with Unavailable. Fill(false) ends that.
func (s *Store) Fill(full bool) { s.full.Store(full) }

// Room implements session.Store.
func (s *Store) Room(context.Context) error { return room(s.full.Load()) }

func room(full bool) error {
	if full {
		return &session.Error{Kind: session.Unavailable, Msg: "no space is left"}
	}
	return nil
}

// Shrink implements session.Store: the memory of what was removed is Go's.
func (s *Store) Shrink(context.Context) (bool, error) { return false, nil }

// Close implements session.Store. What was stored is gone.
func (s *Store) Close() error {
	s.current.Store(nil)
	return nil
}
