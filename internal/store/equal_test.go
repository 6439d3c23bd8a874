package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hearth/internal/session"
	"hearth/internal/session/sessiontest"
)

// step is one operation of a random transaction; what it returns must be the same on every store.
type step func(ctx context.Context, tx session.Tx) (any, error)

// TestSQLite_RandomTransactions_DoAsTheStoreInMemory runs the same transactions on both, some
// rolled back, and compares answers and all that is stored.
func TestSQLite_RandomTransactions_DoAsTheStoreInMemory(t *testing.T) {
	lite := openTestSQLite(t)
	rapid.Check(t, func(rt *rapid.T) {
		ctx, memory := t.Context(), sessiontest.NewStore()
		run(ctx, lite, []step{wipe}, false)
		for range rapid.IntRange(1, 15).Draw(rt, "transactions") {
			steps := rapid.SliceOfN(rapid.Custom(drawStep), 1, 6).Draw(rt, "steps")
			undo := rapid.IntRange(0, 4).Draw(rt, "undo") == 0
			want, got := run(ctx, memory, steps, undo), run(ctx, lite, steps, undo)
			if diff := cmp.Diff(want, got); diff != "" {
				rt.Fatalf("answers (-memory +sqlite):\n%s", diff)
			}
		}
		if diff := cmp.Diff(dump(ctx, memory), dump(ctx, lite)); diff != "" {
			rt.Fatalf("stored (-memory +sqlite):\n%s", diff)
		}
	})
}

// wipe empties a store: opening one for each run would take most of the time.
func wipe(ctx context.Context, tx session.Tx) (any, error) {
	err := tx.SetAliveAt(ctx, time.Time{})
	for _, id := range ids() {
		err = errors.Join(err, tx.DeleteSession(ctx, id))
	}
	return nil, err
}

// run runs the steps up to the first error.
func run(ctx context.Context, s session.Store, steps []step, undo bool) (answers []any) {
	errUndo := errors.New("rolled back")
	err := s.WithTx(ctx, func(tx session.Tx) error {
		for _, step := range steps {
			answer, err := step(ctx, tx)
			answers = append(answers, answer)
			if err != nil {
				return err
			}
		}
		if undo {
			return errUndo
		}
		return nil
	})
	return append(answers, sentence(err))
}

// sentence is what stores must agree on about an error.
func sentence(err error) string {
	if err == nil {
		return "ok"
	}
	e := session.AsError(err)
	return fmt.Sprintf("%s/%s", e.Kind, e.Reason)
}

func moment(rt *rapid.T, name string) time.Time {
	if rapid.IntRange(0, 3).Draw(rt, name+" unset") == 0 {
		return time.Time{}
	}
	return sessiontest.Began().Add(time.Duration(rapid.IntRange(-1, 1).Draw(rt, name)) * time.Microsecond)
}

func pairs(rt *rapid.T, name string) map[string]string {
	short := rapid.SampledFrom([]string{"", "a", "b", "ü\x00"})
	return rapid.MapOfN(short, short, 0, 2).Draw(rt, name)
}

func ids() []string { return []string{"s1", "s2", "s3"} }

func drawSession(rt *rapid.T) session.Session {
	return session.Session{
		Ref: session.Ref{
			ID:      rapid.SampledFrom(ids()).Draw(rt, "id"),
			Dialect: rapid.SampledFrom([]string{"glue", "livy"}).Draw(rt, "dialect"), Scope: "scope", Collection: rapid.SampledFrom([]string{"", "batches"}).Draw(rt, "collection"),
			ExternalID: rapid.SampledFrom([]string{"x", "y"}).Draw(rt, "external id"),
		},
		Owner:       session.Principal{ID: rapid.SampledFrom([]string{"", "ann", "bob"}).Draw(rt, "owner")},
		Description: rapid.String().Draw(rt, "description"),
		Tags:        pairs(rt, "tags"), Labels: pairs(rt, "labels"),
		State:     rapid.SampledFrom(session.States()).Draw(rt, "state"),
		Cause:     rapid.SampledFrom(append(session.Causes(), "")).Draw(rt, "cause"),
		Applied:   rapid.Uint64Range(0, 1<<63-1).Draw(rt, "applied"),
		CreatedAt: moment(rt, "created"), EndedAt: moment(rt, "ended"), DeletedAt: moment(rt, "deleted"),
		IdleDeadline: moment(rt, "idle deadline"), LifetimeDeadline: moment(rt, "lifetime deadline"),
	}
}

func drawStatement(rt *rapid.T) session.Statement {
	states := []session.StatementState{
		session.StatementWaiting, session.StatementRunning, session.StatementCancelling,
		session.StatementDone, session.StatementCancelled, session.StatementFailed,
	}
	return session.Statement{
		SessionID: rapid.SampledFrom(ids()).Draw(rt, "session"), Number: rapid.Int64Range(1, 3).Draw(rt, "number"),
		Series: rapid.SampledFrom([]session.Series{session.SeriesCode, session.SeriesJobs}).Draw(rt, "series"),
		Code:   rapid.String().Draw(rt, "code"), State: rapid.SampledFrom(states).Draw(rt, "state"),
		Result: pairs(rt, "result"), Progress: rapid.Float64Range(0, 1).Draw(rt, "progress"), StartedAt: moment(rt, "started"),
	}
}

func drawOutput(rt *rapid.T) session.Output {
	return session.Output{
		Seq:  rapid.Uint64Range(1, 3).Draw(rt, "seq"),
		Text: rapid.String().Draw(rt, "text"), Data: pairs(rt, "data"),
	}
}

func drawStep(rt *rapid.T) step {
	steps := []func(*rapid.T) step{
		insertStep, insertStep, updateStep, updateStep, deleteStep, insertStatementStep, insertStatementStep,
		updateStatementStep, updateStatementStep, outputStep, outputStep, shiftStep, listStep, listStep,
	}
	return rapid.SampledFrom(steps).Draw(rt, "step")(rt)
}

func insertStep(rt *rapid.T) step {
	s := drawSession(rt)
	return func(ctx context.Context, tx session.Tx) (any, error) {
		s := s
		err := tx.InsertSession(ctx, &s)
		return []any{sentence(err), s.Version}, nil
	}
}

func updateStep(rt *rapid.T) step {
	s, stale := drawSession(rt), rapid.IntRange(0, 2).Draw(rt, "stale") == 0
	return func(ctx context.Context, tx session.Tx) (any, error) {
		s := s
		stored, err := tx.Session(ctx, s.ID)
		if s.Version = stored.Version; stale {
			s.Version--
		}
		errUpdate := tx.UpdateSession(ctx, &s)
		if errors.Is(errUpdate, session.Exists) {
			return nil, errUpdate // the one refusal that ends a transaction
		}
		return []any{sentence(err), sentence(errUpdate), s.Version}, nil
	}
}

func deleteStep(rt *rapid.T) step {
	id := rapid.SampledFrom(ids()).Draw(rt, "id")
	return func(ctx context.Context, tx session.Tx) (any, error) {
		return "delete", tx.DeleteSession(ctx, id)
	}
}

func insertStatementStep(rt *rapid.T) step {
	s := drawStatement(rt)
	return func(ctx context.Context, tx session.Tx) (any, error) {
		s := s
		err := tx.InsertStatement(ctx, &s)
		if errors.Is(err, session.Exists) {
			return "exists", nil
		}
		return []int64{s.Place, s.Version}, err
	}
}

func updateStatementStep(rt *rapid.T) step {
	s, stale := drawStatement(rt), rapid.IntRange(0, 2).Draw(rt, "stale") == 0
	return func(ctx context.Context, tx session.Tx) (any, error) {
		s := s
		stored, err := tx.Statement(ctx, s.SessionID, s.Number)
		if s.Version = stored.Version; stale {
			s.Version--
		}
		return []any{sentence(err), sentence(tx.UpdateStatement(ctx, &s)), s.Version}, nil
	}
}

func outputStep(rt *rapid.T) step {
	id, number := rapid.SampledFrom(ids()).Draw(rt, "session"), rapid.Int64Range(1, 2).Draw(rt, "number")
	out := rapid.SliceOfN(rapid.Custom(drawOutput), 0, 3).Draw(rt, "output")
	return func(ctx context.Context, tx session.Tx) (any, error) {
		return "output", tx.AppendOutput(ctx, id, number, out)
	}
}

func shiftStep(rt *rapid.T) step {
	d, at := time.Duration(rapid.IntRange(-1, 1).Draw(rt, "shift"))*time.Microsecond, moment(rt, "alive")
	return func(ctx context.Context, tx session.Tx) (any, error) {
		return "shift", errors.Join(tx.ShiftIdleDeadlines(ctx, d), tx.SetAliveAt(ctx, at))
	}
}

func listStep(rt *rapid.T) step {
	f := session.Filter{
		Dialect: rapid.SampledFrom([]string{"", "glue"}).Draw(rt, "dialect"), Labels: pairs(rt, "labels"), Tags: pairs(rt, "tags"),
		States:      rapid.SliceOfN(rapid.SampledFrom(session.States()), 0, 2).Draw(rt, "states"),
		Collections: rapid.SliceOfN(rapid.SampledFrom([]string{"", "batches"}), 0, 2).Draw(rt, "collections"),
		Deleted:     rapid.Bool().Draw(rt, "deleted"),
	}
	page := session.Page{
		Limit: rapid.IntRange(0, 3).Draw(rt, "page limit"), Skip: rapid.IntRange(0, 1).Draw(rt, "skip"),
		Order: session.Order(rapid.IntRange(0, 3).Draw(rt, "order")), Now: moment(rt, "page now"),
	}
	f.NeverReady, f.OnceReady = rapid.Bool().Draw(rt, "never ready"), rapid.Bool().Draw(rt, "once ready")
	f.EndedAfter, f.Owner = moment(rt, "ended after"), rapid.SampledFrom([]string{"", "ann"}).Draw(rt, "owner")
	f.CreatedFrom, f.CreatedBefore = moment(rt, "created from"), moment(rt, "created before")
	f.Causes = rapid.SliceOfN(rapid.SampledFrom(append(session.Causes(), "")), 0, 2).Draw(rt, "causes")
	f.ExternalID = rapid.SampledFrom([]string{"", "x"}).Draw(rt, "external id")
	f.IDPrefix = rapid.SampledFrom([]string{"", "s", "s2"}).Draw(rt, "id prefix")
	limit, now := rapid.IntRange(0, 3).Draw(rt, "limit"), moment(rt, "now")
	return func(ctx context.Context, tx session.Tx) (any, error) {
		list, errList := tx.ListSessions(ctx, f, page)
		n, errCount := tx.CountSessions(ctx, f)
		due, errDue := tx.DueSessions(ctx, now, limit)
		ended, errEnded := tx.EndedSessions(ctx, now, limit)
		return []any{names(list), n, due, ended}, errors.Join(errList, errCount, errDue, errEnded)
	}
}

func names(ss []session.Session) (out []string) {
	for _, s := range ss {
		out = append(out, s.ID)
	}
	return out
}

// dump reads everything. A Seq is shown by its rank: stores may leave gaps.
func dump(ctx context.Context, s session.Store) map[string]any {
	out, seqs := map[string]any{}, map[int64]string{}
	for _, id := range ids() {
		v, err := s.Session(ctx, id)
		if err == nil {
			seqs[v.Seq] = id
		}
		v.Seq = 0
		statements, errList := s.ListStatements(ctx, id, session.SeriesCode, session.Page{Limit: 9})
		jobs, errJobs := s.ListStatements(ctx, id, session.SeriesJobs, session.Page{Limit: 9})
		statements, errList = append(statements, jobs...), errors.Join(errList, errJobs)
		for i := range statements {
			statements[i].Output, err = s.Output(ctx, id, statements[i].Number)
			errList = errors.Join(errList, err)
		}
		open, errOpen := s.OpenStatements(ctx, id, 3)
		found, errFound := s.FindStatement(ctx, id, session.StatementRef{Place: 2})
		waiting, waitingBytes, errWaiting := s.CountWaiting(ctx, id)
		out[id] = []any{v, statements, open, found, sentence(errFound), waiting, waitingBytes, sentence(errors.Join(errList, errOpen, errWaiting))}
	}
	owners, errOwners := s.InstanceOwners(ctx)
	alive, errAlive := s.AliveAt(ctx)
	out["owners"], out["alive"] = owners, alive
	out["errors"] = sentence(errors.Join(errOwners, errAlive))
	var order []string
	for _, seq := range slices.Sorted(maps.Keys(seqs)) {
		order = append(order, seqs[seq])
	}
	out["order"] = order
	return out
}
