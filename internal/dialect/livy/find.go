package livy

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"hearth/internal/reqevent"
	"hearth/internal/session"
)

// touch is how a request keeps its session alive.
type touch bool

const (
	// touchHeartbeat renews the heartbeat, as every call that names a session does.
	touchHeartbeat touch = false
	// touchActivity also restarts the idle clock.
	touchActivity touch = true
)

// find reads the session that the path names, by id or by name, and notes it in the request's log
// line. All digits are an id, anything else is a name.
func (d *api) find(r *request, how touch) (session.Session, error) {
	name := r.PathValue("id")
	ref, err := d.refOf(r.Context(), r.of, name)
	if err != nil {
		return session.Session{}, err
	}
	s, err := d.Manager.Touch(r.Context(), ref, bool(how))
	if errors.Is(err, session.NotFound) {
		return session.Session{}, noSession(name)
	}
	reqevent.From(r.Context()).SessionID = s.ID
	return s, err
}

// refOf names the session that the path names.
func (d *api) refOf(ctx context.Context, of collection, name string) (session.Ref, error) {
	if strings.Trim(name, "0123456789") != "" {
		s, err := d.named(ctx, of, name, session.LiveStates(), session.States())
		if errors.Is(err, session.NotFound) {
			err = noSession(name)
		}
		return s.Ref, err
	}
	id, err := strconv.ParseInt(name, 10, 32)
	if err != nil {
		return session.Ref{}, noNumber(name)
	}
	return of.ref(strconv.FormatInt(id, 10)), nil
}

// named finds the newest session of a name in the first group of states that has one: a name may be
// used again after the end of its session.
func (d *api) named(ctx context.Context, of collection, name string, groups ...[]session.State) (session.Session, error) {
	for _, states := range groups {
		f := of.filter()
		f.States, f.Labels = states, map[string]string{labelName: name}
		found, _, err := d.Manager.List(ctx, f, session.Page{Limit: 1})
		if err != nil {
			return session.Session{}, err
		}
		if len(found) > 0 {
			return found[0], nil
		}
	}
	return session.Session{}, &session.Error{Kind: session.NotFound, Reason: session.ReasonNoSession, Msg: "there is no such name"}
}

// wireID is the id as a number. This dialect gave it, so it is one.
func wireID(s session.Session) int64 {
	id, err := strconv.ParseInt(s.ExternalID, 10, 64)
	if err != nil {
		return -1
	}
	return id
}
