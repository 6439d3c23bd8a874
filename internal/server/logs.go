package server

import (
	"errors"
	"io"
	"net/http"

	"hearth/internal/reqevent"
	"hearth/internal/session"
)

// sessionLog shows a session's log as text to who has a token for it.
func (s *Server) sessionLog(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	reqevent.From(r.Context()).SessionID = id
	pass, err := s.cfg.Pages.tickets.open(r.URL.Query().Get("token"), forLog)
	if err != nil || pass.SessionID != id {
		plain(w, http.StatusForbidden, "This address is not valid or has expired: ask for the log again.")
		return
	}
	of, err := s.cfg.Sessions.GetByID(r.Context(), id)
	if err != nil {
		plain(w, http.StatusNotFound, "The session does not exist any more.")
		return
	}
	s.copyLog(w, r, of.Ref)
}

// copyLog writes a log. A session that has none yet has an empty one.
func (s *Server) copyLog(w http.ResponseWriter, r *http.Request, ref session.Ref) {
	log, err := s.cfg.Sessions.Log(r.Context(), ref)
	if err != nil && !errors.Is(err, session.NotFound) {
		reqevent.From(r.Context()).Err = err
		plain(w, http.StatusInternalServerError, "The log cannot be read.")
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "no-store")
	if err != nil {
		return
	}
	defer log.Close()
	if _, err := io.Copy(w, log); err != nil {
		reqevent.From(r.Context()).Err = err
	}
}
