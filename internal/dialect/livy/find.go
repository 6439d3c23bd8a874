package livy

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"hearth/internal/event"
	"hearth/internal/session"
)

// touch says how a request keeps its session alive.
type touch bool

const (
	// looks renews the heartbeat, as every call that names a session does.
	looks touch = false
	// works also restarts the idle clock.
	works touch = true
)

// find reads the session that the path names, by id or by name, and notes it in
// the request's log line. All digits are an id, anything else is a name.
func (d *dialect) find(r *request, how touch) (session.Session, error) {
	s, err := d.lookUp(r.Context(), r.of, r.PathValue("id"))
	if err != nil {
		return session.Session{}, err
	}
	event.From(r.Context()).SessionID = s.ID
	if m, ok := d.Manager.(toucher); ok && s.State.Live() {
		if err := m.Touch(r.Context(), s.Ref, bool(how)); err != nil && !errors.Is(err, session.NotFound) {
			return session.Session{}, err
		}
	}
	return s, nil
}

func (d *dialect) lookUp(ctx context.Context, of collection, name string) (session.Session, error) {
	var s session.Session
	var err error
	if strings.Trim(name, "0123456789") == "" {
		id, parseErr := strconv.ParseInt(name, 10, 32)
		if parseErr != nil {
			return session.Session{}, noNumber(name)
		}
		s, err = d.Manager.Get(ctx, of.ref(strconv.FormatInt(id, 10)))
	} else {
		s, err = d.named(ctx, of, name, session.LiveStates(), session.States())
	}
	if errors.Is(err, session.NotFound) {
		return session.Session{}, noSession(name)
	}
	return s, err
}

// named finds the newest session of a name in the first group of states that
// has one: a name may be used again after the end of its session.
func (d *dialect) named(ctx context.Context, of collection, name string, groups ...[]session.State) (session.Session, error) {
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
