package sessiontest

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/session"
)

// Exercise proves that a Store keeps its contract. open returns an empty store that is closed by
// the test's cleanup; it is called once per rule.
//
// Beside the contract of session.Store it demands: values come back as Normal says, labels stay as
// they were inserted, a limit of zero or less selects nothing, and an error of kind Exists on
// insertion, NotFound or Conflict leaves the transaction usable, except Exists from an update.
func Exercise(t *testing.T, open func(t *testing.T) session.Store) {
	for _, rules := range [][]rule{
		sessionRules(), updateRules(), listRules(), filterRules(), sweepRules(),
		statementRules(), outputRules(), txRules(), concurrencyRules(), numberRules(),
	} {
		for _, r := range rules {
			t.Run(r.name, func(t *testing.T) { r.check(t, open(t)) })
		}
	}
}

// rule is one sentence of the contract and its proof on an empty store.
type rule struct {
	name  string
	check func(t *testing.T, store session.Store)
}

// write runs fn in a transaction that must succeed.
func write(t *testing.T, store session.Store, fn func(tx session.Tx) error) {
	t.Helper()
	if err := store.WithTx(t.Context(), fn); err != nil {
		t.Fatalf("transaction: %v", err)
	}
}

// add inserts a session of the builder.
func add(t *testing.T, store session.Store, change ...func(*session.Session)) session.Session {
	t.Helper()
	s := Session(change...)
	write(t, store, func(tx session.Tx) error { return tx.InsertSession(t.Context(), &s) })
	return s
}

// addStatement inserts a statement of the builder.
func addStatement(t *testing.T, store session.Store, id string, number int64, change ...func(*session.Statement)) session.Statement {
	t.Helper()
	s := Statement(id, number, change...)
	write(t, store, func(tx session.Tx) error { return tx.InsertStatement(t.Context(), &s) })
	return s
}

// update changes a session and stores it.
func update(t *testing.T, store session.Store, s *session.Session, change func(*session.Session)) {
	t.Helper()
	change(s)
	write(t, store, func(tx session.Tx) error { return tx.UpdateSession(t.Context(), s) })
}

// wantError demands an error of this kind and reason.
func wantError(t *testing.T, err error, k session.Kind, r session.Reason) {
	t.Helper()
	if !errors.Is(err, k) {
		t.Errorf("err = %v, want kind %q", err, k)
		return
	}
	if got := session.AsError(err); got.Kind != k || got.Reason != r {
		t.Errorf("err = %v with reason %q, want kind %q with reason %q", err, got.Reason, k, r)
	}
}

// wantSame demands equal values; an empty slice and nil are the same.
func wantSame[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", what, diff)
	}
}

// wantSessions demands these sessions in this order, known by their Seq.
func wantSessions(t *testing.T, what string, got []session.Session, err error, want ...session.Session) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	if g, w := seqs(got), seqs(want); !slices.Equal(g, w) {
		t.Errorf("%s: got sessions %v, want %v", what, g, w)
	}
}

func wantIDs(t *testing.T, what string, got []string, err error, want ...session.Session) {
	t.Helper()
	all, _ := ids(want, nil)
	if err != nil || !slices.Equal(got, all) {
		t.Errorf("%s: got sessions %v, %v, want %v", what, got, err, all)
	}
}

func seqs(ss []session.Session) []int64 {
	var out []int64
	for _, s := range ss {
		out = append(out, s.Seq)
	}
	return out
}

// whole returns the statements of a list whose sizes do not matter.
func whole(list []session.BriefStatement) []session.Statement {
	all := make([]session.Statement, len(list))
	for i := range list {
		all[i] = list[i].Statement
	}
	return all
}

func numbers(ss []session.Statement) []int64 {
	var out []int64
	for _, s := range ss {
		out = append(out, s.Number)
	}
	return out
}
