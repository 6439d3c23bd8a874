package server

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"hearth/internal/reqevent"
	"hearth/internal/session"
)

// Where pages of sessions are. The id in a path is the internal one.
const (
	dashboardPath = "/dashboard/"
	logPath       = "/session-log/"
)

const (
	dashboardCookie = "hearth-dashboard"
	ticketLife      = 10 * time.Minute
	cookieLife      = 12 * time.Hour
)

type baseKey struct{}

// withBase notes under which address the client reached the server: addresses in answers must work
// for that client.
func withBase(r *http.Request) context.Context {
	base := url.URL{Scheme: "http", Host: r.Host}
	if r.TLS != nil {
		base.Scheme = "https"
	}
	return context.WithValue(r.Context(), baseKey{}, base)
}

// Pages makes addresses of the pages that a Server shows for sessions. Dialects get it before there
// is a Server; the Server with the same Pages in its Config answers there.
type Pages struct{ tickets *tickets }

// NewPages returns Pages whose addresses are good for this process alone.
func NewPages() *Pages { return &Pages{tickets: newTickets()} }

// Dashboard is the address of the session's Spark UI. The token in it is good for one request,
// which swaps it for a cookie, as that of AWS Glue's GetDashboardUrl.
func (p *Pages) Dashboard(ctx context.Context, of session.Session) (string, error) {
	return link(ctx, dashboardPath+of.ID+"/", p.tickets.seal(forDashboard, of, ticketLife)), nil
}

// LogLink is the address of the session's log as text, valid for some minutes.
func (p *Pages) LogLink(ctx context.Context, of session.Session) (string, error) {
	return link(ctx, logPath+of.ID, p.tickets.seal(forLog, of, ticketLife)), nil
}

// link completes a path by the address under which the client reached us.
func link(ctx context.Context, path, token string) string {
	base, _ := ctx.Value(baseKey{}).(url.URL)
	base.Path = path
	base.RawQuery = url.Values{"token": {token}}.Encode()
	return base.String()
}

// dashboard shows the Spark UI of a session to who has its token or cookie.
func (s *Server) dashboard(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	reqevent.From(r.Context()).SessionID = id
	if r.Header.Get("Service-Worker") != "" || r.Header.Get("Sec-Fetch-Dest") == "serviceworker" {
		plain(w, http.StatusForbidden, "A Spark UI has no service worker here.")
		return
	}
	if token := r.URL.Query().Get("token"); token != "" && r.PathValue("page") == "" {
		s.enter(w, r, id, token)
		return
	}
	var sealed string
	if c, err := r.Cookie(dashboardCookie); err == nil {
		sealed = c.Value
	}
	pass, err := s.cfg.Pages.tickets.open(sealed, forCookie)
	if err != nil || pass.SessionID != id {
		plain(w, http.StatusForbidden, "This page needs a new address: ask for the dashboard again.")
		return
	}
	if of, ok := s.live(w, r, pass); ok {
		s.proxy(w, r, of)
	}
}

// enter swaps the token for a cookie. A UI that is not up yet does not cost the token, so that a
// client may come back.
func (s *Server) enter(w http.ResponseWriter, r *http.Request, id, token string) {
	w.Header().Set("Referrer-Policy", "no-referrer")
	pass, err := s.cfg.Pages.tickets.open(token, forDashboard)
	if err != nil || pass.SessionID != id || r.Method != http.MethodGet {
		plain(w, http.StatusForbidden, "This address is not valid or has expired: ask for the dashboard again.")
		return
	}
	of, ok := s.live(w, r, pass)
	if !ok {
		return
	}
	if host := uiHost(r, id); host != "" {
		to := link(withBase(r), dashboardPath+id+"/", token)
		http.Redirect(w, r, strings.Replace(to, "://"+r.Host, "://"+host, 1), http.StatusFound)
		return
	}
	if !s.cfg.Pages.tickets.spend(pass) {
		plain(w, http.StatusForbidden, "This address was used already: ask for the dashboard again.")
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: dashboardCookie, Value: s.cfg.Pages.tickets.seal(forCookie, of, cookieLife),
		Path: dashboardPath + id + "/", MaxAge: int(cookieLife.Seconds()),
		HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode,
	})
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, dashboardPath+id+"/", http.StatusFound)
}

// live finds the ticket's session and answers itself if it has no UI to show.
func (s *Server) live(w http.ResponseWriter, r *http.Request, pass ticket) (session.Session, bool) {
	of, err := s.cfg.Sessions.GetByID(r.Context(), pass.SessionID)
	switch {
	case err != nil:
		reqevent.From(r.Context()).Err = err
		plain(w, http.StatusNotFound, "The session does not exist any more.")
	case of.State == session.StateStarting:
		w.Header().Set("Retry-After", "2")
		plain(w, http.StatusServiceUnavailable, "The session is starting. Its Spark UI comes up with it.")
	case !of.State.Runnable() && of.State != session.StateDegraded:
		plain(w, http.StatusGone, "The session has ended, and its Spark UI with it.")
	case of.Info.UIAddress == "":
		plain(w, http.StatusNotFound, "The session has no Spark UI.")
	default:
		return of, true
	}
	return of, false
}
