package livy

import (
	"context"
	"errors"
	"net/http"
	"time"

	"hearth/internal/dialect"
	"hearth/internal/livyapi"
	"hearth/internal/session"
)

// listSessions answers oldest first. Livy calls the grand total total, and a list of batches
// sessions too.
func (d *api) listSessions(r *request) (reply, error) {
	from, err := r.number("from", 0)
	if err != nil {
		return reply{}, err
	}
	size, err := r.number("size", 100)
	if err != nil {
		return reply{}, err
	}
	f := d.shown(r.of, time.Now())
	total, err := d.Manager.Count(r.Context(), f)
	if err != nil {
		return reply{}, err
	}
	first, after := livyapi.Window(total, from, size)
	found, _, err := d.Manager.List(r.Context(), f, session.Page{Order: session.OldestFirst, Skip: first, Limit: after - first})
	if err != nil {
		return reply{}, err
	}
	infos := []object{}
	for _, s := range found {
		info, err := d.info(r, s)
		if err != nil {
			return reply{}, err
		}
		infos = append(infos, info)
	}
	return ok(object{{"from", from}, {"total", total}, {"sessions", infos}})
}

// shown selects the sessions of lists. Those that ended a while ago are left out, as Livy forgets
// them: its clients look at the first hundred alone, and would never see a session that lives.
//
// Divergence: ended sessions stay readable by id and by name for the retention time; Livy forgets
// them 10 minutes after their end, and at once if a heartbeat or a time limit ended them.
func (d *api) shown(of collection, now time.Time) session.Filter {
	f := of.filter()
	f.EndedAfter = now.Add(-d.ListEnded)
	return f
}

func (d *api) getSession(r *request) (reply, error) {
	s, err := d.find(r, touchHeartbeat)
	if err != nil {
		return reply{}, err
	}
	info, err := d.info(r, s)
	if err != nil {
		return reply{}, err
	}
	return ok(info)
}

func (d *api) getState(r *request) (reply, error) {
	s, err := d.find(r, touchHeartbeat)
	if err != nil {
		return reply{}, err
	}
	return ok(object{{"id", wireID(s)}, {"state", stateOf(s)}})
}

// connectSession is how livy-client-http takes up an existing session.
func (d *api) connectSession(r *request) (reply, error) {
	s, err := d.find(r, touchActivity)
	if err != nil {
		return reply{}, err
	}
	info, err := d.info(r, s)
	if err != nil {
		return reply{}, err
	}
	return ok(info)
}

// deleteSession answers when the session has stopped, so that its memory is free for the next one;
// sparkmagic's %%configure -f deletes and creates in one cell. sparklyr compares the text of the
// answer.
func (d *api) deleteSession(r *request) (reply, error) {
	s, err := d.find(r, touchHeartbeat)
	if err != nil {
		return reply{}, err
	}
	if err := d.stop(r.Context(), s.Ref); err != nil {
		return reply{}, err
	}
	// A client that gave up waiting still wants the session gone.
	err = d.Manager.Delete(context.WithoutCancel(r.Context()), s.Ref)
	if err != nil && !errors.Is(err, session.NotFound) {
		return reply{}, err
	}
	return ok(message{"deleted"})
}

func (d *api) stopSession(r *request) (reply, error) {
	s, err := d.find(r, touchHeartbeat)
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent}, d.stop(r.Context(), s.Ref)
}

// interruptSession ends the session, as Livy does whatever the route's name says; with
// InterruptCancels it cancels what runs and waits.
func (d *api) interruptSession(r *request) (reply, error) {
	s, err := d.find(r, touchActivity)
	if err != nil {
		return reply{}, err
	}
	if d.InterruptCancels {
		err = d.cancelAll(r.Context(), s)
	} else {
		err = d.stop(r.Context(), s.Ref)
	}
	if err != nil {
		return reply{}, err
	}
	return ok(message{"interrupted"})
}

// stop ends a session and waits until it has ended, for at most StopWait.
func (d *api) stop(ctx context.Context, ref session.Ref) error {
	_, err := d.Manager.EndWithin(ctx, ref, dialect.StopWait)
	return err
}

// sparkUI leads to the session's Spark UI through an address that works once:
// the one in appInfo stays in a notebook for hours.
func (d *api) sparkUI(r *request) (reply, error) { return d.lead(r, d.Links.Dashboard) }

func (d *api) driverLog(r *request) (reply, error) { return d.lead(r, d.Links.LogLink) }

func (d *api) lead(r *request, link func(context.Context, session.Session) (string, error)) (reply, error) {
	s, err := d.find(r, touchHeartbeat)
	if err != nil {
		return reply{}, err
	}
	to, err := link(r.Context(), s)
	return reply{status: http.StatusFound, location: to}, err
}
