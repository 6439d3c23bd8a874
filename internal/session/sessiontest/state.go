package sessiontest

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"hearth/internal/session"
)

// state is everything stored at one moment. A published state never changes: a transaction works on
// a copy and shares the records it does not touch.
type state struct {
	records map[string]*record
	seq     int64
	alive   time.Time
	// numbers holds the next number of each series.
	numbers map[string]int64
}

// record is a session with its statements and output. Statements are sorted by Number, output by
// Seq.
type record struct {
	session    session.Session
	statements []session.Statement
	output     []numbered
	// kept is what the session keeps in bytes, negative until that is recorded.
	kept int64
}

// numbered is output and the number of its statement.
type numbered struct {
	number int64
	session.Output
}

func (st *state) copy() *state {
	c := *st
	c.records = maps.Clone(st.records)
	c.numbers = maps.Clone(st.numbers)
	return &c
}

func (r *record) copy() *record {
	c := *r
	c.statements = slices.Clone(r.statements)
	// Output only grows at the end in one line of history, so that an older copy never sees what is
	// appended to the shared array.
	return &c
}

// find returns the position of a statement.
func (r *record) find(number int64) (int, bool) {
	return slices.BinarySearchFunc(r.statements, number, func(s session.Statement, n int64) int {
		return cmp.Compare(s.Number, n)
	})
}

// findOutput returns where output with this Seq is or belongs.
func (r *record) findOutput(seq uint64) (int, bool) {
	return slices.BinarySearchFunc(r.output, seq, func(n numbered, seq uint64) int {
		return cmp.Compare(n.Seq, seq)
	})
}

// addOutput inserts output at its place.
func (r *record) addOutput(at int, number int64, o session.Output) {
	if at == len(r.output) {
		r.output = append(r.output, numbered{number, cloneOutput(o)})
		return
	}
	r.output = slices.Insert(slices.Clone(r.output), at, numbered{number, cloneOutput(o)})
}

// sessions returns copies of the sessions that keep says yes to, in order.
func (st *state) sessions(keep func(*session.Session) bool, order func(a, b session.Session) int) []session.Session {
	var found []session.Session
	for _, r := range st.records {
		if keep(&r.session) {
			found = append(found, r.session)
		}
	}
	slices.SortFunc(found, order)
	return found
}

func oldestFirst(a, b session.Session) int { return cmp.Compare(a.Seq, b.Seq) }
func newestFirst(a, b session.Session) int { return cmp.Compare(b.Seq, a.Seq) }

func oldestEndFirst(a, b session.Session) int {
	return cmp.Or(a.EndedAt.Compare(b.EndedAt), oldestFirst(a, b))
}

// byExecutionTime returns the order of a page by execution time.
func byExecutionTime(page session.Page) func(a, b session.Session) int {
	now := normalTime(page.Now)
	return func(a, b session.Session) int {
		order := cmp.Compare(a.ExecutionTime(now), b.ExecutionTime(now))
		if page.Order == session.LongestFirst {
			order = -order
		}
		return cmp.Or(order, oldestFirst(a, b))
	}
}

// sameName reports whether two refs have the same name, whatever their internal ids.
func sameName(a, b session.Ref) bool {
	a.ID, b.ID = "", ""
	return a == b
}

// taken reports whether another session that is not deleted has the external id.
func (st *state) taken(s *session.Session) bool {
	if !s.DeletedAt.IsZero() {
		return false
	}
	for id, r := range st.records {
		if id != s.ID && sameName(r.session.Ref, s.Ref) && r.session.DeletedAt.IsZero() {
			return true
		}
	}
	return false
}
