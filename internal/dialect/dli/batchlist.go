package dli

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

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
	shown, total, err := d.listed(r.Context(), f, wanted.order, from, size)
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

// batchQuery is the query of a list of batches; what is "" or 0 selects all.
type batchQuery struct {
	name, id, state, owner string
	// start and end are the first and last moment of creation, in ms.
	start, end int64
	order      session.Order
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
	var known bool
	if wanted.order, known = batchOrders()[q.Get("order")]; !known {
		return batchQuery{}, invalid("The parameter order must be CREATE_TIME_ASC, CREATE_TIME_DESC, DURATION_ASC or DURATION_DESC, not %q.", q.Get("order"))
	}
	return wanted, nil
}

// batchOrders are the orders of a list by their names, which are the SDKs'.
func batchOrders() map[string]session.Order {
	return map[string]session.Order{
		"": session.OldestFirst, "CREATE_TIME_ASC": session.OldestFirst, "CREATE_TIME_DESC": session.NewestFirst,
		"DURATION_ASC": session.ShortestFirst, "DURATION_DESC": session.LongestFirst,
	}
}

// narrow adds what the query selects to a filter.
func (q batchQuery) narrow(f *session.Filter) {
	f.Owner, f.ExternalID = q.owner, q.id
	if q.name != "" {
		if f.Labels == nil {
			f.Labels = map[string]string{}
		}
		f.Labels[labelName] = q.name
	}
	const last = math.MaxInt64/1000 - 1 // the last ms that a time in µs can be
	if q.start > 0 {
		f.CreatedFrom = time.UnixMilli(min(q.start, last))
	}
	if q.end > 0 {
		f.CreatedBefore = time.UnixMilli(min(q.end, last) + 1)
	}
	switch q.state {
	case "starting":
		f.States, f.NeverReady = []session.State{session.StateStarting}, true
	case "recovering":
		f.States, f.OnceReady = []session.State{session.StateStarting}, true
	case "running":
		f.States = []session.State{session.StateIdle, session.StateBusy, session.StateDegraded, session.StateStopping}
	case "success":
		f.States, f.Causes = []session.State{session.StateEnded}, []session.Cause{session.CauseCompleted}
	case "dead":
		f.States = []session.State{session.StateEnded}
		f.Causes = slices.DeleteFunc(session.Causes(), func(c session.Cause) bool { return c == session.CauseCompleted })
	}
}
