package server

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"
	"time"

	"hearth/internal/reqevent"
	"hearth/internal/session"
)

// adminPath is where `hearth session` finds the sessions of every dialect. It is no API: its form
// may change with any version of the program.
const adminPath = "/_hearth/v1/"

// AdminSession is a session as people see it.
type AdminSession struct {
	ID         string     `json:"id"`
	Dialect    string     `json:"dialect"`
	Scope      string     `json:"scope"`
	ExternalID string     `json:"external_id"`
	Owner      string     `json:"owner"`
	State      string     `json:"state"`
	Cause      string     `json:"cause,omitempty"`
	Reason     string     `json:"reason,omitempty"`
	Engine     string     `json:"engine"`
	Runtime    string     `json:"runtime"`
	Spark      string     `json:"spark,omitempty"`
	Python     string     `json:"python,omitempty"`
	Java       string     `json:"java,omitempty"`
	Cores      int        `json:"cores,omitempty"`
	MemoryMB   int        `json:"memory_mb,omitempty"`
	Grants     string     `json:"grants,omitempty"`
	Waiting    int        `json:"waiting,omitempty"`
	Statements int64      `json:"statements"`
	CreatedAt  time.Time  `json:"created_at"`
	ReadyAt    *time.Time `json:"ready_at,omitempty"`
	ActiveAt   time.Time  `json:"active_at"`
	EndedAt    *time.Time `json:"ended_at,omitempty"`
	InstanceID string     `json:"instance_id"`
}

func (s *Server) admin() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+adminPath+"sessions", s.adminList)
	mux.HandleFunc("GET "+adminPath+"session", s.adminOne(s.adminShow))
	mux.HandleFunc("GET "+adminPath+"session/log", s.adminOne(func(w http.ResponseWriter, r *http.Request, of session.Session) {
		s.copyLog(w, r, of.Ref)
	}))
	mux.HandleFunc("POST "+adminPath+"session/stop", s.adminOne(s.adminStop))
	mux.HandleFunc("/", unknownPath)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.adminAllowed(r) {
			plain(w, http.StatusUnauthorized, "The admin interface needs the token from the server's data directory.")
			return
		}
		e := reqevent.From(r.Context())
		e.Principal = "admin"
		_, e.Operation = mux.Handler(r)
		mux.ServeHTTP(w, r)
	})
}

// adminAllowed compares digests, so that neither content nor length shows in the time it takes.
func (s *Server) adminAllowed(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	got, want := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(s.cfg.AdminToken))
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1 && ok
}

// adminList shows all sessions, newest first, ended ones only with ?all=1.
func (s *Server) adminList(w http.ResponseWriter, r *http.Request) {
	var f session.Filter
	if r.URL.Query().Get("all") == "" {
		f.States = session.LiveStates()
	}
	out := []AdminSession{}
	for one, err := range s.cfg.Sessions.All(r.Context(), f) {
		if err != nil {
			adminError(w, r, err)
			return
		}
		out = append(out, adminView(one))
	}
	writeJSON(w, http.StatusOK, map[string]any{"sessions": out})
}

// adminOne finds the session that ?id= names: by internal id, its beginning, or external id.
func (s *Server) adminOne(answer func(http.ResponseWriter, *http.Request, session.Session)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		of, err := s.adminFind(r.Context(), r.URL.Query().Get("id"))
		if err != nil {
			adminError(w, r, err)
			return
		}
		reqevent.From(r.Context()).SessionID = of.ID
		answer(w, r, of)
	}
}

func (s *Server) adminFind(ctx context.Context, id string) (session.Session, error) {
	one, err := s.cfg.Sessions.GetByID(ctx, id)
	if !errors.Is(err, session.NotFound) {
		return one, err
	}
	var filters []session.Filter
	if id != "" {
		filters = append(filters, session.Filter{ExternalID: id})
	}
	if len(id) > len("s-") {
		filters = append(filters, session.Filter{IDPrefix: id})
	}
	found := map[string]session.Session{}
	for _, f := range filters {
		for one, err := range s.cfg.Sessions.All(ctx, f) {
			if err != nil {
				return session.Session{}, err
			}
			found[one.ID] = one
		}
	}
	switch len(found) {
	case 0:
		return session.Session{}, &session.Error{Kind: session.NotFound, Msg: "There is no session " + quote(id) + "."}
	case 1:
		for _, one := range found {
			return one, nil
		}
	}
	return session.Session{}, &session.Error{Kind: session.Conflict, Msg: "Several sessions are called " + quote(id) + ". Use the internal id."}
}

func (s *Server) adminShow(w http.ResponseWriter, _ *http.Request, of session.Session) {
	writeJSON(w, http.StatusOK, adminView(of))
}

func (s *Server) adminStop(w http.ResponseWriter, r *http.Request, of session.Session) {
	stopped, err := s.cfg.Sessions.End(r.Context(), of.Ref)
	if err != nil {
		adminError(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, adminView(stopped))
}

func adminError(w http.ResponseWriter, r *http.Request, err error) {
	reqevent.From(r.Context()).Err = err
	status := http.StatusInternalServerError
	switch {
	case errors.Is(err, session.NotFound):
		status = http.StatusNotFound
	case errors.Is(err, session.Conflict):
		status = http.StatusConflict
	}
	writeJSON(w, status, map[string]string{"message": session.AsError(err).Msg})
}

func adminView(s session.Session) AdminSession {
	return AdminSession{
		ID: s.ID, Dialect: s.Origin(), Scope: s.Scope, ExternalID: s.ExternalID, Owner: s.Owner.ID,
		State: string(s.State), Cause: string(s.Cause), Reason: s.Reason,
		Engine: s.Engine, Runtime: s.Spec.Launch.Runtime, Spark: s.Info.SparkVersion, Python: s.Info.PythonVersion, Java: s.Info.JavaVersion,
		Cores: s.Info.Cores, MemoryMB: s.Info.MemoryMB, Grants: s.Spec.NoteLine(), Waiting: s.Waiting, Statements: s.Statements,
		CreatedAt: s.CreatedAt, ReadyAt: moment(s.ReadyAt), ActiveAt: s.ActiveAt, EndedAt: moment(s.EndedAt), InstanceID: s.Spec.ID,
	}
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
