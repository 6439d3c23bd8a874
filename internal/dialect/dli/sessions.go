package dli

import (
	"cmp"
	"context"
	"errors"
	"time"

	"hearth/internal/dialect"
	"hearth/internal/livyapi"
	"hearth/internal/reqevent"
	"hearth/internal/session"
)

// find reads the session that the path names, in the project that it names, and notes it in the
// request's log line.
func (d *api) find(r *request) (session.Session, error) {
	id := r.PathValue("id")
	s, err := d.Manager.Get(r.Context(), r.ref(id))
	if errors.Is(err, session.NotFound) {
		return s, &session.Error{Kind: session.NotFound, Reason: session.ReasonNoSession, Msg: "The " + r.of.one + " " + id + " does not exist.", Err: err}
	}
	reqevent.From(r.Context()).SessionID = s.ID
	return s, err
}

func (d *api) getSession(r *request) (any, error) {
	s, err := d.find(r)
	if err != nil {
		return nil, err
	}
	return infoOf(r, s, d.log(r.Context(), s))
}

type stateAnswer struct {
	ID    string `json:"id"`
	State string `json:"state"`
}

func (d *api) getState(r *request) (any, error) {
	s, err := d.find(r)
	return stateAnswer{s.ExternalID, stateOf(s)}, err
}

type listAnswer struct {
	From     int    `json:"from"`
	Total    int    `json:"total"`
	Sessions []info `json:"sessions"`
}

// listSessions answers oldest first. from is a position, as in Livy and in every example; the API
// reference calls it the id to start from, but ids are UUIDs. Of the two names of a queue the newer
// wins, and neither need be there. Sessions are shown that live, or ended a short while ago: DLI
// says nothing of its retention, and Livy forgets a session 10 minutes after its end.
func (d *api) listSessions(r *request) (any, error) {
	from, size, err := r.page()
	if err != nil {
		return nil, err
	}
	f := r.of.filter(r.project, cmp.Or(r.URL.Query().Get("queue"), r.URL.Query().Get("cluster_name")))
	f.EndedAfter = time.Now().Add(-d.ListEnded)
	shown, total, err := d.listed(r.Context(), f, session.OldestFirst, from, size)
	if err != nil {
		return nil, err
	}
	answer := listAnswer{From: from, Total: total, Sessions: []info{}}
	for _, s := range shown {
		one, err := infoOf(r, s, d.log(r.Context(), s))
		if err != nil {
			return nil, err
		}
		answer.Sessions = append(answer.Sessions, one)
	}
	return answer, nil
}

// listed returns a part of the sessions that f selects, by position, and how many there are.
func (d *api) listed(ctx context.Context, f session.Filter, order session.Order, from, size int) ([]session.Session, int, error) {
	total, err := d.Manager.Count(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	first, after := livyapi.Window(total, from, size)
	shown, _, err := d.Manager.List(ctx, f, session.Page{Order: order, Skip: first, Limit: after - first, Now: time.Now()})
	return shown, total, err
}

// deleteSession answers when the session has stopped, so that its memory is free for the next one.
// A session that is slower goes on ending; that is no error.
func (d *api) deleteSession(r *request) (any, error) {
	s, err := d.find(r)
	if err != nil {
		return nil, err
	}
	if _, err := d.Manager.EndWithin(r.Context(), s.Ref, dialect.StopWait); err != nil {
		return nil, err
	}
	// A client that gave up waiting still wants the session gone.
	err = d.Manager.Delete(context.WithoutCancel(r.Context()), s.Ref)
	if err != nil && !errors.Is(err, session.NotFound) {
		return nil, err
	}
	return message{"deleted"}, nil
}

// sparkUI leads to the session's Spark UI through an address that works once.
func (d *api) sparkUI(r *request) (any, error) { return d.lead(r, d.Links.Dashboard) }

func (d *api) driverLog(r *request) (any, error) { return d.lead(r, d.Links.LogLink) }

func (d *api) lead(r *request, link func(context.Context, session.Session) (string, error)) (any, error) {
	s, err := d.find(r)
	if err != nil {
		return nil, err
	}
	to, err := link(r.Context(), s)
	return redirect(to), err
}
