package dli

import (
	"cmp"
	"context"
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
	f.Owner, f.ExternalID = wanted.owner, wanted.id
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
// are. Only a query for what the store does not know reads all of them.
func (d *api) batchesOf(ctx context.Context, f session.Filter, q batchQuery, from, size int) ([]session.Session, int, error) {
	if q.order == "" && q.name == "" && q.state == "" && q.start == 0 && q.end == 0 {
		return d.listed(ctx, f, from, size)
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

func (q batchQuery) selects(s session.Session) bool {
	created := millis(s.CreatedAt)
	own, err := dialect.RecordOf[record](s)
	if err != nil {
		return true // whoever shows it will find the same, and say so
	}
	return (q.name == "" || own.Name == q.name) && (q.state == "" || stateOf(s) == q.state) &&
		created >= q.start && (q.end == 0 || created <= q.end)
}
