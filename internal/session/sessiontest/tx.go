package sessiontest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"hearth/internal/session"
)

// tx is a transaction: it changes its own copy of the state.
type tx struct {
	reader
	state *state
	// own are the records already copied for this transaction.
	own map[string]*record
	// full refuses what adds something.
	full bool
}

var _ session.Tx = (*tx)(nil)

func newTx(before *state) *tx {
	t := &tx{state: before.copy(), own: map[string]*record{}}
	t.load = func() (*state, error) {
		if t.state == nil {
			return nil, errTxDone
		}
		return t.state, nil
	}
	return t
}

// end makes a transaction that was kept for longer than it may be useless, because its state is
// published now.
func (t *tx) end() { t.state = nil }

// record returns a record that may be changed, nil if there is none.
func (t *tx) record(id string) *record {
	if r := t.own[id]; r != nil {
		return r
	}
	r := t.state.records[id]
	if r == nil {
		return nil
	}
	r = r.copy()
	t.own[id], t.state.records[id] = r, r
	return r
}

// InsertSession implements session.Tx.
func (t *tx) InsertSession(ctx context.Context, s *session.Session) error {
	st, err := t.at(ctx)
	if err != nil {
		return err
	}
	if err := room(t.full); err != nil {
		return err
	}
	if !slices.Contains(session.States(), s.State) {
		return fmt.Errorf("insert session %s: unknown state %q", s.ID, s.State)
	}
	row := Normal(*s)
	if st.records[s.ID] != nil || st.taken(&row) {
		return &session.Error{Kind: session.Exists, Msg: "a session with this id exists"}
	}
	st.seq++
	row.Seq, row.Version = st.seq, 1
	rec := &record{session: row, kept: -1}
	st.records[s.ID], t.own[s.ID] = rec, rec
	s.Seq, s.Version = row.Seq, row.Version
	return nil
}

// UpdateSession implements session.Tx.
func (t *tx) UpdateSession(ctx context.Context, s *session.Session) error {
	if _, err := t.at(ctx); err != nil {
		return err
	}
	if !slices.Contains(session.States(), s.State) {
		return fmt.Errorf("update session %s: unknown state %q", s.ID, s.State)
	}
	rec := t.record(s.ID)
	if rec == nil {
		return noSession()
	}
	if rec.session.Version != s.Version {
		return changed("session")
	}
	row := Normal(*s)
	if t.state.taken(&row) {
		return &session.Error{Kind: session.Exists, Msg: "a session with this id exists"}
	}
	row.Seq, row.Labels, row.Version = rec.session.Seq, rec.session.Labels, s.Version+1
	rec.session = row
	s.Version = row.Version
	return nil
}

func changed(what string) error {
	return &session.Error{
		Kind: session.Conflict, Reason: session.ReasonConcurrent,
		Msg: fmt.Sprintf("the %s was changed at the same time", what),
	}
}

// SetKept implements session.Tx.
func (t *tx) SetKept(ctx context.Context, id string, bytes int64) error {
	if _, err := t.at(ctx); err != nil {
		return err
	}
	if err := room(t.full); err != nil {
		return err
	}
	if rec := t.record(id); rec != nil {
		rec.kept = bytes
	}
	return nil
}

// TrimSession implements session.Tx.
func (t *tx) TrimSession(ctx context.Context, id string, bytes int) (int, error) {
	if _, err := t.at(ctx); err != nil {
		return 0, err
	}
	rec := t.record(id)
	if rec == nil {
		return 0, nil
	}
	if len(rec.output) > 0 {
		n := first(len(rec.output), bytes, func(i int) int { return outputSize(rec.output[i].Output) })
		rec.output = slices.Clone(rec.output[n:])
		return n, nil
	}
	n := first(len(rec.statements), bytes, func(i int) int { return len(rec.statements[i].Code) })
	rec.statements = slices.Clone(rec.statements[n:])
	return n, nil
}

// first returns how many of n values make up the given bytes, at least one if there is any.
func first(n, bytes int, size func(int) int) int {
	for i, sum := 0, 0; i < n; i++ {
		if sum += size(i); sum >= bytes {
			return i + 1
		}
	}
	return n
}

func outputSize(o session.Output) int {
	size := len(o.Text)
	for mime, text := range o.Data {
		size += len(mime) + len(text)
	}
	return size
}

// DeleteSession implements session.Tx.
func (t *tx) DeleteSession(ctx context.Context, id string) error {
	st, err := t.at(ctx)
	if err != nil {
		return err
	}
	delete(st.records, id)
	delete(t.own, id)
	return nil
}

// NextNumber implements session.Tx.
func (t *tx) NextNumber(ctx context.Context, series string) (int64, error) {
	st, err := t.at(ctx)
	if err != nil {
		return 0, err
	}
	if err := room(t.full); err != nil {
		return 0, err
	}
	n := st.numbers[text(series)]
	st.numbers[text(series)] = n + 1
	return n, nil
}

// SetAliveAt implements session.Tx.
func (t *tx) SetAliveAt(ctx context.Context, at time.Time) error {
	st, err := t.at(ctx)
	if err != nil {
		return err
	}
	st.alive = normalTime(at)
	return nil
}

// ShiftIdleDeadlines implements session.Tx.
func (t *tx) ShiftIdleDeadlines(ctx context.Context, d time.Duration) error {
	st, err := t.at(ctx)
	if err != nil {
		return err
	}
	for _, id := range slices.Collect(maps.Keys(st.records)) {
		if s := st.records[id].session; !s.State.Live() || s.IdleDeadline.IsZero() && s.HeartbeatDeadline.IsZero() {
			continue
		}
		rec := t.record(id)
		for _, deadline := range []*time.Time{&rec.session.IdleDeadline, &rec.session.HeartbeatDeadline} {
			if !deadline.IsZero() {
				*deadline = normalTime(deadline.Add(d.Truncate(time.Microsecond)))
			}
		}
		rec.session.Version++
	}
	return nil
}
