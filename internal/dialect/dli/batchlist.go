package dli

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"hearth/internal/dialect"
	"hearth/internal/livyapi"
	"hearth/internal/session"
)

type batchesAnswer struct {
	From    int         `json:"from"`
	Total   int         `json:"total"`
	Batches []batchInfo `json:"sessions"` // as in Livy
}

// listBatches answers all that the server still keeps, oldest first unless order says something
// else.
func (d *api) listBatches(r *request) (any, error) {
	from, size, err := r.page()
	if err != nil {
		return nil, err
	}
	wanted, err := r.batchQuery()
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	queue := cmp.Or(q.Get("queue_name"), q.Get("queue"), q.Get("cluster_name"))
	f := r.of.filter(r.project, queue)
	wanted.narrow(&f)
	shown, total, err := d.batchesOf(r.Context(), f, wanted, from, size)
	if err != nil {
		return nil, err
	}
	answer := batchesAnswer{From: from, Total: total, Batches: []batchInfo{}}
	for _, s := range shown {
		one, err := batchInfoOf(s, d.log(r.Context(), s))
		if err != nil {
			return nil, err
		}
		answer.Batches = append(answer.Batches, one)
	}
	return answer, nil
}

// batchesOf returns a part of the batches that a query selects, by position, and how many there
// are. Only names, durations and the two states of a start are looked for in the batches
// themselves.
func (d *api) batchesOf(ctx context.Context, f session.Filter, q batchQuery, from, size int) ([]session.Session, int, error) {
	newest := q.order == "CREATE_TIME_DESC"
	if q.name == "" && q.state != "starting" && q.state != "recovering" && (newest || q.order == "" || q.order == "CREATE_TIME_ASC") {
		return d.listed(ctx, f, !newest, from, size)
	}
	var all []session.Session
	for s, err := range d.Manager.All(ctx, f) {
		if err != nil {
			return nil, 0, err
		}
		if q.selects(s) {
			all = append(all, s)
		}
	}
	slices.Reverse(all)
	slices.SortStableFunc(all, batchOrders()[q.order])
	first, after := livyapi.Window(len(all), from, size)
	return all[first:after], len(all), nil
}

// batchQuery is the query of a list of batches; what is "" or 0 selects all.
type batchQuery struct {
	name, id, state, owner string
	// start and end are the first and last moment of creation, in ms.
	start, end int64
	// order is one of batchOrders.
	order string
}

func (r *request) batchQuery() (batchQuery, error) {
	q := r.URL.Query()
	// The reference has job_id, the SDKs have job-id.
	wanted := batchQuery{name: q.Get("job_name"), id: cmp.Or(q.Get("job-id"), q.Get("job_id")), state: strings.ToLower(q.Get("state")), owner: q.Get("owner")}
	if !slices.Contains([]string{"", "starting", "running", "dead", "success", "recovering"}, wanted.state) {
		return batchQuery{}, invalid("The parameter state must be starting, running, dead, success or recovering, not %q.", q.Get("state"))
	}
	for _, one := range []struct {
		name string
		into *int64
	}{{"start", &wanted.start}, {"end", &wanted.end}} {
		n, err := r.number(one.name, 0, 0)
		if err != nil {
			return batchQuery{}, err
		}
		*one.into = n
	}
	wanted.order = q.Get("order")
	if _, known := batchOrders()[wanted.order]; !known {
		return batchQuery{}, invalid("The parameter order must be CREATE_TIME_ASC, CREATE_TIME_DESC, DURATION_ASC or DURATION_DESC, not %q.", q.Get("order"))
	}
	return wanted, nil
}

// batchOrders are the orders of a list by their names, which are the SDKs'.
func batchOrders() map[string]func(a, b session.Session) int {
	now := time.Now()
	created := func(a, b session.Session) int { return cmp.Compare(a.Seq, b.Seq) }
	duration := func(a, b session.Session) int { return cmp.Compare(a.ExecutionTime(now), b.ExecutionTime(now)) }
	reversed := func(by func(a, b session.Session) int) func(a, b session.Session) int {
		return func(a, b session.Session) int { return by(b, a) }
	}
	return map[string]func(a, b session.Session) int{
		"": created, "CREATE_TIME_ASC": created, "CREATE_TIME_DESC": reversed(created),
		"DURATION_ASC": duration, "DURATION_DESC": reversed(duration),
	}
}

// narrow has the store select what it knows of a query.
func (q batchQuery) narrow(f *session.Filter) {
	f.Owner, f.ExternalID = q.owner, q.id
	const last = math.MaxInt64/1000 - 1 // the last ms that a time in µs can be
	if q.start > 0 {
		f.CreatedFrom = time.UnixMilli(min(q.start, last))
	}
	if q.end > 0 {
		f.CreatedBefore = time.UnixMilli(min(q.end, last) + 1)
	}
	switch q.state {
	case "starting", "recovering":
		f.States = []session.State{session.StateStarting}
	case "running":
		f.States = []session.State{session.StateIdle, session.StateBusy, session.StateDegraded, session.StateStopping}
	case "success":
		f.States, f.Causes = []session.State{session.StateEnded}, []session.Cause{session.CauseCompleted}
	case "dead":
		f.States = []session.State{session.StateEnded}
		f.Causes = slices.DeleteFunc(session.Causes(), func(c session.Cause) bool { return c == session.CauseCompleted })
	}
}

// selects reports whether a batch that the store has selected is one that the query asks for.
func (q batchQuery) selects(s session.Session) bool {
	own, err := dialect.RecordOf[record](s)
	if err != nil {
		return true // whoever shows it will find the same, and say so
	}
	return (q.name == "" || own.Name == q.name) && (q.state == "" || stateOf(s) == q.state)
}
