package inflight_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/inflight"
)

const size = 32 << 20

// open returns the context of a request, with its share.
func open(t *testing.T, b *inflight.Budget, cut func()) (context.Context, *inflight.Share) {
	s := b.Open(cut)
	return inflight.With(t.Context(), s), s
}

func TestTake_WhatIsFreeOrOfNoShare_CountsForNobody(t *testing.T) {
	b := inflight.New(size, 0)
	ctx, whole := open(t, b, nil)
	if err := inflight.Take(ctx, size+1); err != nil {
		t.Fatal(err)
	}
	small, share := open(t, b, nil)
	for _, n := range []int64{inflight.Free - 1, 1, 0, -1} {
		if err := inflight.Take(small, n); err != nil {
			t.Errorf("%d bytes more: %v", n, err)
		}
	}
	if err := inflight.Take(small, 1); !errors.Is(err, inflight.ErrFull) {
		t.Errorf("a byte above what is free: %v", err)
	}
	if err := inflight.Take(t.Context(), size); err != nil {
		t.Errorf("without a share: %v", err)
	}
	share.Close()
	whole.Close()
	if err := inflight.Take(ctx, size); err != nil {
		t.Errorf("when all was given back: %v", err)
	}
}

func TestTake_BeyondTheBudget_WaitsInOrderAndIsRefusedInTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := inflight.New(size, 10*time.Second)
		holder, held := open(t, b, func() {})
		if err := inflight.Take(holder, size-inflight.Free-1); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		impatient, refused := open(t, b, nil)
		defer refused.Close()
		if err := inflight.Take(impatient, 16<<20); !errors.Is(err, inflight.ErrFull) || time.Since(began) != 10*time.Second {
			t.Errorf("without room: %v after %v", err, time.Since(began))
		}
		gone, cancel := context.WithTimeout(impatient, time.Second)
		defer cancel()
		if err := inflight.Take(gone, 16<<20); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("of a client that is gone: %v", err)
		}
		var all sync.WaitGroup
		var order []int
		for i, n := range []int64{size, 2 << 20} {
			all.Go(func() {
				ctx, s := open(t, b, nil)
				defer s.Close()
				if err := inflight.Take(ctx, n); err != nil {
					t.Errorf("the %d. that waits: %v", i, err)
				}
				order = append(order, i)
			})
			synctest.Wait()
		}
		held.Close()
		all.Wait()
		if len(order) != 2 || order[0] != 0 {
			t.Errorf("admitted in the order %v", order)
		}
	})
}

func TestTake_OfWhoHoldsSome_IsGrantedOrRefusedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := inflight.New(size, time.Minute)
		one, first := open(t, b, func() {})
		two, second := open(t, b, func() {})
		for _, ctx := range []context.Context{one, two} {
			if err := inflight.Take(ctx, 10<<20); err != nil {
				t.Fatal(err)
			}
		}
		var all sync.WaitGroup
		all.Go(func() {
			third, s := open(t, b, nil)
			defer s.Close()
			if err := inflight.Take(third, size); err != nil {
				t.Errorf("who waits for all: %v", err)
			}
		})
		synctest.Wait()
		began := time.Now()
		if err := inflight.Take(one, 12<<20); err != nil {
			t.Errorf("what is there: %v", err)
		}
		if err := inflight.Take(two, 2<<20); !errors.Is(err, inflight.ErrFull) || time.Since(began) > 0 {
			t.Errorf("what is not there: %v after %v", err, time.Since(began))
		}
		first.Close()
		second.Close()
		all.Wait()
	})
}

func TestTake_WhereOthersWait_CutsOffWhoIsSlow(t *testing.T) {
	for name, c := range map[string]struct {
		before, perSecond   int
		waits, moving, want bool
	}{
		"stands still":                    {0, 0, true, true, true},
		"stands still after much":         {100 << 20, 0, true, true, true},
		"is slow":                         {0, 200 << 10, true, true, true},
		"is fast":                         {0, 260 << 10, true, true, false},
		"stands still where nobody waits": {0, 0, false, true, false},
		"waits for the server":            {0, 0, true, false, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := inflight.New(size, time.Minute)
			cuts := 0
			ctx, holder := open(t, b, func() { cuts++ })
			holder.Moving()(c.before)
			if err := inflight.Take(ctx, size); err != nil {
				t.Fatal(err)
			}
			if c.waits {
				go func() {
					other, s := open(t, b, nil)
					defer s.Close()
					_ = inflight.Take(other, size)
				}()
			}
			for range 600 {
				moved := func(int) {}
				if c.moving {
					moved = holder.Moving()
				}
				time.Sleep(100 * time.Millisecond)
				moved(c.perSecond / 10)
			}
			holder.Close()
			if (cuts == 1) != c.want || holder.IsCut() != c.want || cuts > 1 {
				t.Errorf("who %s was cut off %d times", name, cuts)
			}
		})
	}
}
