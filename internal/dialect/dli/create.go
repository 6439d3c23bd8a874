package dli

import (
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"hearth/internal/dialect"
	"hearth/internal/livyapi"
	"hearth/internal/reqevent"
	"hearth/internal/session"
)

// createSession checks what only this API knows, then asks the domain. It answers before anything
// has started, with 200: the API reference names no status for sessions, and 200 for the creation
// of batches.
func (d *api) createSession(r *request) (any, error) {
	var a asked
	own := record{}
	var idle int
	known := a.fields()
	known["kind"] = kindField(&own.Kind)
	known["heartbeatTimeoutInSecond"] = livyapi.Whole(&idle)
	var err error
	if a.unknown, err = known.DecodeKnown(r.body); err != nil {
		return nil, err
	}
	if own.Kind == "" {
		return nil, invalid("The parameter kind is mandatory.")
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	n, err := d.newSession(r, &a, own)
	if err != nil {
		return nil, err
	}
	n.IdleTimeout = d.IdleTimeout
	if idle > 0 {
		n.IdleTimeout = time.Duration(idle) * time.Second
	}
	s, err := d.create(r, n)
	if err != nil {
		return nil, err
	}
	return infoOf(r, s, newLog(s))
}

// labelName is the label that holds the name of a session or batch, so that lists can be filtered
// by it.
const labelName = "name"

// newSession is what the domain is asked for.
func (d *api) newSession(r *request, a *asked, own record) (session.NewSession, error) {
	shape, shown, failed, err := a.shapeOf()
	if err != nil {
		return session.NewSession{}, err
	}
	own.Name, own.Queue, own.ScType = a.name, a.queue, shown
	spec, err := d.spec(r.Context(), a, shape, own.SparkVersion)
	if err != nil {
		return session.NewSession{}, err
	}
	id := newUUID()
	if spec.Setup.AppName == "" {
		spec.Setup.AppName = "dli-" + r.of.one + "-" + id
	}
	spec.Setup.Language = languageOf(own.Kind)
	labels := map[string]string{"kind": own.Kind}
	if own.Name != "" {
		labels[labelName] = own.Name
	}
	return session.NewSession{
		Ref:    r.ref(id),
		Owner:  session.Principal{Account: r.project, ID: r.user},
		Labels: labels,
		Group:  own.Queue,
		Extra:  dialect.Record(own),
		Size:   shape.size(shown),
		Spec:   spec,
		Failed: failed,
	}, nil
}

// create asks the domain, and puts the error of an unknown queue in the API's words.
func (d *api) create(r *request, n session.NewSession) (session.Session, error) {
	s, err := d.Manager.Create(r.Context(), n)
	if errors.Is(err, session.ReasonNoGroup) {
		return s, &session.Error{Kind: session.NotFound, Reason: session.ReasonNoGroup, Msg: "There is no queue named " + n.Group, Err: err}
	}
	reqevent.From(r.Context()).SessionID = s.ID
	return s, err
}

// newUUID returns a random UUID (RFC 9562, version 4).
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
