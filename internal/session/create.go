package session

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"hearth/internal/engine"
)

// Create accepts a session and begins to start it. Exists if the external id is taken, with
// ReasonLabel if the value of a unique label is; NotFound with ReasonNoGroup for a group that is
// not configured; Quota if the scope, or with ReasonGroup the group, has too many live sessions, or
// with ReasonMachine if the machine has no room; Invalid or Unsupported for a session that no
// engine here can run; Unavailable while the server is leaving.
func (m *Manager) Create(ctx context.Context, n NewSession) (Session, error) {
	m.creating.Lock()
	defer m.creating.Unlock()
	driver, err := m.admit(ctx, &n)
	if err != nil {
		return Session{}, err
	}
	var s Session
	err = m.tx(ctx, func(tx Tx) (err error) {
		s, err = m.insert(ctx, tx, driver, n)
		return err
	})
	if err != nil {
		return Session{}, err
	}
	m.moved(ctx, &s, "")
	if s.State.Live() {
		m.runners.attend(s.ID).begin(&s, driver.Footprint(s.Spec.Launch))
	}
	return s, nil
}

// insert stores a new session if the store has room for it and its names are free.
func (m *Manager) insert(ctx context.Context, tx Tx, driver engine.Driver, n NewSession) (Session, error) {
	if n.Numbered == "" {
		// The id first: a client that repeats itself at its quota must learn that the session
		// exists.
		switch _, err := tx.FindSession(ctx, n.Ref); {
		case err == nil:
			return Session{}, errorf(Exists, "", "Session already exists.")
		case !errors.Is(err, NotFound):
			return Session{}, err
		}
	}
	if err := checkUnique(ctx, tx, n); err != nil {
		return Session{}, err
	}
	if err := m.checkRoom(ctx, tx, n); err != nil {
		return Session{}, err
	}
	if n.Failed != "" {
		if err := m.checkFailed(ctx, tx, n); err != nil {
			return Session{}, err
		}
	} else if err := m.checkBudget(driver, n); err != nil {
		return Session{}, err
	}
	if n.Numbered != "" {
		number, err := tx.NextNumber(ctx, n.Numbered)
		if err != nil {
			return Session{}, err
		}
		n.ExternalID = strconv.FormatInt(number, 10)
	}
	s := newSession(n, time.Now())
	return s, tx.InsertSession(ctx, &s)
}

// checkUnique refuses values that another live session has.
func checkUnique(ctx context.Context, tx Tx, n NewSession) error {
	for _, key := range n.Unique {
		value, ok := n.Labels[key]
		if !ok {
			continue
		}
		f := Filter{Dialect: n.Dialect, Collections: []string{n.Collection}, Scope: n.Scope, States: LiveStates(), Labels: map[string]string{key: value}}
		switch taken, err := tx.CountSessions(ctx, f); {
		case err != nil:
			return err
		case taken > 0:
			return errorf(Exists, ReasonLabel, "Another session has the %s %q.", key, value)
		}
	}
	return nil
}

// admit holds the rules that need no look at the store, and fills in the engine, the size and what
// the engine makes of the spec. It returns the engine's driver.
func (m *Manager) admit(ctx context.Context, n *NewSession) (engine.Driver, error) {
	m.mu.Lock()
	leaving := m.leaving || !m.runners.running()
	m.mu.Unlock()
	switch {
	case leaving:
		return nil, errorf(Unavailable, "", "The server is shutting down.")
	case n.Dialect == "" || n.ExternalID == "" && n.Numbered == "":
		return nil, errorf(Invalid, "", "A session needs an id.")
	case n.IdleTimeout < 0 || n.Lifetime < 0 || n.HeartbeatTimeout < 0:
		return nil, errorf(Invalid, "", "A timeout cannot be negative.")
	case n.Retries < 0:
		return nil, errorf(Invalid, "", "A number of retries cannot be negative.")
	case n.Spec.Launch.Batch != nil && n.Spec.Launch.Batch.Main == "":
		return nil, errorf(Invalid, "", "A batch needs a program.")
	}
	n.Engine = cmp.Or(n.Engine, groupEngine(m.cfg.Groups, *n), m.cfg.DialectEngines[n.Dialect], m.cfg.DefaultEngine)
	driver, err := m.cfg.Engines.Driver(n.Engine)
	if err != nil {
		return nil, &Error{
			Kind: Invalid, Err: err,
			Msg: fmt.Sprintf("There is no engine named %q. The engines are: %s.", n.Engine, strings.Join(m.cfg.Engines.Names(), ", ")),
		}
	}
	if n.Spec.Launch.Batch == nil && !slices.Contains(driver.Capabilities().Languages, n.Spec.Setup.Language) {
		return nil, errorf(Unsupported, "", "Sessions of language %q are not supported.", n.Spec.Setup.Language)
	}
	n.Size.size(&n.Spec.Launch)
	if err := m.resolveFiles(ctx, n.Dialect, &n.Spec); err != nil {
		return nil, err
	}
	if n.Spec, err = driver.Admit(ctx, n.Spec); err != nil {
		return nil, AsError(err)
	}
	return driver, checkSize(n)
}

// maxSpecBytes bounds what is stored of a new session, as JSON: lists read it for every session.
const maxSpecBytes = 256 << 10

// checkSize refuses a session whose description is too large.
func checkSize(n *NewSession) error {
	text, err := json.Marshal([]any{n.Spec, n.Extra, n.Tags, n.Labels, n.Description})
	if err != nil {
		return AsError(err)
	}
	if len(text) > maxSpecBytes {
		return errorf(Invalid, "", "The configuration of the session is too large: %d bytes of at most %d.", len(text), maxSpecBytes)
	}
	return nil
}

func newSession(n NewSession, now time.Time) Session {
	s := Session{
		Ref: n.Ref, Owner: n.Owner, Description: n.Description,
		Tags: n.Tags, Labels: n.Labels, Extra: n.Extra, Size: n.Size, Engine: n.Engine, Spec: n.Spec, Retries: n.Retries,
		State: StateStarting, CreatedAt: now, ActiveAt: now,
		IdleTimeout: n.IdleTimeout, Lifetime: n.Lifetime, HeartbeatTimeout: n.HeartbeatTimeout,
	}
	if n.Group != "" {
		s.Labels = maps.Clone(n.Labels)
		if s.Labels == nil {
			s.Labels = make(map[string]string, 1)
		}
		s.Labels[LabelGroup] = n.Group
	}
	s.ID, s.Spec.ID = newID("s-"), newID("i-")
	if s.Spec.Setup.AppName == "" && n.AppPrefix != "" {
		s.Spec.Setup.AppName = n.AppPrefix + s.ExternalID
	}
	s.Spec.Labels = map[string]string{"session_id": s.ID, "dialect": s.Origin(), "external_id": s.ExternalID}
	if n.Failed != "" {
		s.State, s.Cause, s.Reason, s.EndedAt = StateEnded, CauseFailedStart, n.Failed, now
		return s
	}
	if s.Lifetime > 0 {
		s.LifetimeDeadline = now.Add(s.Lifetime)
	}
	if s.HeartbeatTimeout > 0 {
		s.HeartbeatDeadline = now.Add(s.HeartbeatTimeout)
	}
	return s
}

// restIdle starts the idle clock of a session that has nothing to do.
func (s *Session) restIdle(now time.Time) {
	s.ActiveAt = now
	s.IdleDeadline = time.Time{}
	if s.IdleTimeout > 0 {
		s.IdleDeadline = now.Add(s.IdleTimeout)
	}
}

// causeOf maps the cause that a driver reports to the domain's.
func causeOf(c engine.Cause) Cause {
	switch c {
	case engine.CauseStopped:
		return CauseStopped
	case engine.CauseCompleted:
		return CauseCompleted
	case engine.CauseExited:
		return CauseExited
	case engine.CauseOutOfMemory:
		return CauseOutOfMemory
	case engine.CauseFailedStart:
		return CauseFailedStart
	case engine.CauseLost:
		return CauseLost
	case engine.CauseAbandoned:
		return CauseShutdown
	case engine.CauseCrashed:
		return CauseCrashed
	}
	return CauseCrashed
}
