package livy

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"hearth/internal/dialect"
	"hearth/internal/livyapi"
	"hearth/internal/reqevent"
	"hearth/internal/session"
)

// labelName is the label by which a session is found by its name.
const labelName = "name"

// createSession checks what only Livy knows, then asks the domain. It answers before anything has
// started: Livy's Python client waits 10 s for an answer.
//
// Divergence: nothing of a session that is refused is left behind; Livy leaves its Spark driver
// running for minutes.
func (d *api) createSession(r *request) (reply, error) {
	own, err := readRecord(r)
	if err != nil {
		return reply{}, err
	}
	if err := checkName(own.Name); err != nil {
		return reply{}, err
	}
	if own.ProxyUser, err = d.effectiveUser(r, own.ProxyUser); err != nil {
		return reply{}, err
	}
	spec, err := d.spec(r.Context(), own)
	if err != nil {
		return reply{}, rejected(err)
	}
	n := session.NewSession{
		Owner:       session.Principal{ID: r.user},
		Labels:      map[string]string{"kind": own.Kind},
		Extra:       dialect.Record(own),
		Size:        sizeOf(own),
		Spec:        spec,
		IdleTimeout: limitOf("idleTimeout", own.IdleTimeout, d.IdleTimeout),
		Lifetime:    limitOf("ttl", own.TTL, d.Lifetime),
		// heartbeat: any call that names the session renews it.
		HeartbeatTimeout: time.Duration(own.HeartbeatTimeout) * time.Second,
	}
	s, err := d.create(r.Context(), sessions(), n, own.Name)
	if err != nil {
		return reply{}, rejected(err)
	}
	reqevent.From(r.Context()).SessionID = s.ID
	info := d.infoOf(r, s, own, []string{livyapi.MarkOut, livyapi.MarkErr}) // its log has not begun
	return reply{status: http.StatusCreated, body: info, location: "/sessions/" + s.ExternalID}, nil
}

// create creates a member of a collection under the next number, which is never given again:
// clients keep ids over restarts of the server, and Livy's begin again at 0.
func (d *api) create(ctx context.Context, of collection, n session.NewSession, name string) (session.Session, error) {
	n.Ref, n.Numbered, n.AppPrefix = of.ref(""), of.series, of.app
	if name != "" {
		n.Labels[labelName], n.Unique = name, []string{labelName}
	}
	s, err := d.Manager.Create(ctx, n)
	if errors.Is(err, session.ReasonLabel) {
		return s, refused("Duplicate session name: %s", name)
	}
	return s, err
}

// checkName refuses names that could not be used in a URL or in a properties file. Whatever else is
// in a name is only ever shown as JSON.
func checkName(name string) error {
	switch {
	case name == "":
		return nil
	case strings.Trim(name, "0123456789") == "":
		return refused("Session name cannot be a number: %s", name)
	case !printable(name):
		return refused("a session name has at most 255 characters, all of them printable")
	}
	return nil
}

// limitOf is a duration that was checked already, or the server's own.
func limitOf(field, text string, otherwise time.Duration) time.Duration {
	if text == "" {
		return otherwise
	}
	limit, err := parseDuration(field, text)
	if err != nil {
		panic(err) // readRecord refused it
	}
	return limit
}
