package livy

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"hearth/internal/livyapi"
	"hearth/internal/session"
)

// listPage is how many sessions are read at a time.
const listPage = 500

// listSessions answers oldest first. Livy calls the grand total total, and a list
// of batches sessions too.
func (d *dialect) listSessions(r *request) (reply, error) {
	from, err := r.number("from", 0)
	if err != nil {
		return reply{}, err
	}
	size, err := r.number("size", 100)
	if err != nil {
		return reply{}, err
	}
	all, err := d.listed(r.Context(), r.of, time.Now())
	if err != nil {
		return reply{}, err
	}
	first, after := livyapi.Window(len(all), from, size)
	infos := []object{}
	for _, s := range all[first:after] {
		info, err := d.info(r, s)
		if err != nil {
			return reply{}, err
		}
		infos = append(infos, info)
	}
	return ok(object{{"from", from}, {"total", len(all)}, {"sessions", infos}})
}

// listed are the sessions that lists show. Those that ended a while ago are left
// out, as Livy forgets them: its clients look at the first hundred alone, and
// would never see a session that lives.
//
// Divergence: ended sessions stay readable by id and by name for the retention
// time; Livy forgets them 10 minutes after their end, and at once if a heartbeat
// or a time limit ended them.
func (d *dialect) listed(ctx context.Context, of collection, now time.Time) ([]session.Session, error) {
	var all []session.Session
	for page := (session.Page{Limit: listPage}); ; {
		list, next, err := d.Manager.List(ctx, of.filter(), page)
		if err != nil {
			return nil, err
		}
		for _, s := range list {
			if s.State.Live() || now.Sub(s.EndedAt) < d.ListEnded {
				all = append(all, s)
			}
		}
		if next == 0 {
			slices.Reverse(all)
			return all, nil
		}
		page.After = next
	}
}

func (d *dialect) getSession(r *request) (reply, error) {
	s, err := d.find(r, looks)
	if err != nil {
		return reply{}, err
	}
	info, err := d.info(r, s)
	if err != nil {
		return reply{}, err
	}
	return ok(info)
}

func (d *dialect) getState(r *request) (reply, error) {
	s, err := d.find(r, looks)
	if err != nil {
		return reply{}, err
	}
	return ok(object{{"id", wireID(s)}, {"state", stateOf(s)}})
}

// connectSession is how livy-client-http takes up an existing session.
func (d *dialect) connectSession(r *request) (reply, error) {
	s, err := d.find(r, works)
	if err != nil {
		return reply{}, err
	}
	info, err := d.info(r, s)
	if err != nil {
		return reply{}, err
	}
	return ok(info)
}

// deleteSession answers when the session has stopped, so that its memory is free
// for the next one; sparkmagic's %%configure -f deletes and creates in one cell.
// sparklyr compares the text of the answer.
func (d *dialect) deleteSession(r *request) (reply, error) {
	s, err := d.find(r, looks)
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

func (d *dialect) stopSession(r *request) (reply, error) {
	s, err := d.find(r, looks)
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent}, d.stop(r.Context(), s.Ref)
}

// interruptSession ends the session, as Livy does whatever the route's name
// says; with InterruptCancels it cancels what runs and waits.
func (d *dialect) interruptSession(r *request) (reply, error) {
	s, err := d.find(r, works)
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

// stop ends a session and waits until it has ended, for at most StopWait. One
// that is slower goes on ending; that is no error.
func (d *dialect) stop(ctx context.Context, ref session.Ref) error {
	if _, err := d.Manager.End(ctx, ref); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, d.StopWait)
	defer cancel()
	_, err := d.Manager.Await(ctx, ref, func(s session.Session) bool { return !s.State.Live() })
	if errors.Is(err, session.NotFound) || ctx.Err() != nil {
		return nil // somebody deleted it meanwhile, or it is slow
	}
	return err
}

// sparkUI leads to the session's Spark UI through an address that works once:
// the one in appInfo stays in a notebook for hours.
func (d *dialect) sparkUI(r *request) (reply, error) { return d.lead(r, d.Links.Dashboard) }

func (d *dialect) driverLog(r *request) (reply, error) { return d.lead(r, d.Links.LogLink) }

func (d *dialect) lead(r *request, link func(context.Context, session.Session) (string, error)) (reply, error) {
	s, err := d.find(r, looks)
	if err != nil {
		return reply{}, err
	}
	to, err := link(r.Context(), s)
	return reply{status: http.StatusFound, location: to}, err
}
