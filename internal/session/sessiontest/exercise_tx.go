package sessiontest

import (
	"context"
	"errors"
	"testing"

	"hearth/internal/session"
)

func txRules() []rule {
	return []rule{
		{"WithTx_FailingFunction_LeavesNothing", rollback},
		{"WithTx_Panic_LeavesNothingAndFreesTheStore", panicking},
		{"WithTx_OwnWrites_AreReadInsideAndNotOutside", ownWrites},
		{"WithTx_CancelledContext_RunsNothing", cancelledBefore},
		{"WithTx_ContextCancelledInside_LeavesNothing", cancelledInside},
		{"Tx_KeptAfterItsEnd_IsUseless", keptTx},
	}
}

// writeAll makes one write of every kind.
func writeAll(ctx context.Context, tx session.Tx, existing, fresh *session.Session) error {
	existing.Description, existing.Tags = "changed", map[string]string{"new": "tag"}
	statement, next := Statement(existing.ID, 1), Statement(existing.ID, 2)
	statement.State = session.StatementRunning
	return errors.Join(
		tx.InsertSession(ctx, fresh),
		tx.UpdateSession(ctx, existing),
		tx.UpdateStatement(ctx, &statement),
		tx.InsertStatement(ctx, &next),
		tx.AppendOutput(ctx, existing.ID, 1, []session.Output{{Seq: 1, Stream: "stdout", Text: "x"}}),
		tx.SetAliveAt(ctx, Began()),
	)
}

// wantUntouched demands that none of writeAll's writes is to be seen.
func wantUntouched(t *testing.T, r session.Reader, existing, fresh session.Session) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	got, err := r.Session(ctx, existing.ID)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "session", got, Normal(existing))
	_, err = r.Session(ctx, fresh.ID)
	wantError(t, err, session.NotFound, session.ReasonNoSession)
	list, err := r.ListSessions(ctx, session.Filter{Tags: map[string]string{"new": "tag"}}, session.Page{Limit: 9})
	wantSessions(t, "by the tag", list, err)
	statements, err := r.ListStatements(ctx, existing.ID, session.SeriesCode, session.Page{Limit: 9})
	if err != nil || len(statements) != 1 || statements[0].State != session.StatementWaiting || statements[0].Version != 1 {
		t.Errorf("statements = %+v, %v, want one that waits", statements, err)
	}
	if out, err := r.Output(ctx, existing.ID, 1); len(out) != 0 || err != nil {
		t.Errorf("output = %v, %v, want none", out, err)
	}
	if at, err := r.AliveAt(ctx); !at.IsZero() || err != nil {
		t.Errorf("AliveAt = %v, %v, want zero", at, err)
	}
}

func rollback(t *testing.T, store session.Store) {
	s := add(t, store)
	addStatement(t, store, s.ID, 1)
	broken, copied, fresh := errors.New("broken"), s, Session()
	err := store.WithTx(t.Context(), func(tx session.Tx) error {
		if err := writeAll(t.Context(), tx, &copied, &fresh); err != nil {
			t.Errorf("writes: %v", err)
		}
		return broken
	})
	if err != broken { //nolint:errorlint // the contract is the very error, not one around it
		t.Errorf("err = %v, want the function's error as it is", err)
	}
	wantUntouched(t, store, s, fresh)
}

func panicking(t *testing.T, store session.Store) {
	s := add(t, store)
	addStatement(t, store, s.ID, 1)
	copied, fresh := s, Session()
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = store.WithTx(t.Context(), func(tx session.Tx) error {
			if err := writeAll(t.Context(), tx, &copied, &fresh); err != nil {
				t.Errorf("writes: %v", err)
			}
			panic("in a transaction")
		})
	}()
	wantUntouched(t, store, s, fresh)
	add(t, store)
}

func ownWrites(t *testing.T, store session.Store) {
	s := add(t, store)
	addStatement(t, store, s.ID, 1)
	copied, fresh := s, Session()
	write(t, store, func(tx session.Tx) error {
		if err := writeAll(t.Context(), tx, &copied, &fresh); err != nil {
			return err
		}
		list, err := tx.ListSessions(t.Context(), session.Filter{Tags: map[string]string{"new": "tag"}}, session.Page{Limit: 9})
		wantSessions(t, "own writes by the tag", list, err, copied)
		statements, err := tx.ListStatements(t.Context(), s.ID, session.SeriesCode, session.Page{Limit: 9})
		if err != nil || len(statements) != 2 || statements[0].State != session.StatementRunning {
			t.Errorf("own statements = %+v, %v", statements, err)
		}
		out, err := tx.Output(t.Context(), s.ID, 1)
		if err != nil || len(out) != 1 {
			t.Errorf("own output = %v, %v", out, err)
		}
		wantUntouched(t, store, s, fresh)
		return nil
	})
	got, err := store.Session(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	wantSame(t, "session after the commit", got, Normal(copied))
}

func cancelledBefore(t *testing.T, store session.Store) {
	s := add(t, store)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := store.WithTx(ctx, func(session.Tx) error {
		t.Error("the function ran")
		return nil
	})
	_, errRead := store.Session(ctx, s.ID)
	_, errList := store.ListSessions(ctx, session.Filter{}, session.Page{Limit: 1})
	for _, err := range []error{err, errRead, errList} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("err = %v, want context.Canceled", err)
		}
	}
}

func cancelledInside(t *testing.T, store session.Store) {
	s := add(t, store)
	addStatement(t, store, s.ID, 1)
	for _, swallow := range []bool{true, false} {
		copied, fresh := s, Session()
		ctx, cancel := context.WithCancel(t.Context())
		err := store.WithTx(ctx, func(tx session.Tx) error {
			if err := writeAll(ctx, tx, &copied, &fresh); err != nil {
				t.Errorf("writes: %v", err)
			}
			cancel()
			if _, err := tx.Session(ctx, s.ID); !swallow {
				return err
			}
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("err = %v, want context.Canceled", err)
		}
		wantUntouched(t, store, s, fresh)
	}
	add(t, store)
}

func keptTx(t *testing.T, store session.Store) {
	s := add(t, store)
	var kept session.Tx
	write(t, store, func(tx session.Tx) error {
		kept = tx
		return nil
	})
	if _, err := kept.Session(t.Context(), s.ID); err == nil {
		t.Error("a transaction reads after its end")
	}
	if err := kept.SetAliveAt(t.Context(), Began()); err == nil {
		t.Error("a transaction writes after its end")
	}
}
