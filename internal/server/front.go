package server

import (
	"net/http"
	"slices"
	"strings"

	"hearth/internal/dialect"
)

// frontPath is where the root leads: an address of Livy's, whose clients and health checks (pylivy
// 0.8.0, Hue, Knox) ask for / and follow it to a 200.
const frontPath = "/ui/"

// people are the paths that answer to people and their monitoring rather than to clients of an API.
func (s *Server) people(handle func(pattern, dialect string, h http.Handler)) {
	handle("GET /healthz", "health", http.HandlerFunc(s.health))
	handle("GET /metrics/ping", "health", http.HandlerFunc(ping))
	handle("GET /metrics/healthcheck", "health", http.HandlerFunc(s.health))
	if s.cfg.Metrics != nil {
		handle("GET /metrics", "metrics", s.cfg.Metrics)
		handle("GET /metrics/{$}", "metrics", s.cfg.Metrics)
		handle("GET /metrics/metrics", "metrics", s.cfg.Metrics)
	}
	handle("GET /{$}", "front", http.RedirectHandler(frontPath, http.StatusFound))
	handle("GET /ui", "front", http.RedirectHandler(frontPath, http.StatusFound))
	handle("GET "+frontPath+"{$}", "front", http.HandlerFunc(s.frontPage))
}

// frontPage says what answers here and where. It names no session: they are for who may ask the API
// for them.
func (s *Server) frontPage(w http.ResponseWriter, _ *http.Request) {
	lines := []string{"Hearth answers here.", "", "health     /healthz"}
	if s.cfg.Metrics != nil {
		lines = append(lines, "metrics    /metrics")
	}
	if names := s.names(); names != "" {
		lines = append(lines, "AWS        "+names)
	}
	for _, mount := range s.cfg.Mounts {
		for _, route := range mount.Routes {
			at, prefix := strings.CutSuffix(route.Path, "/")
			if prefix && slices.ContainsFunc(mount.Routes, func(other dialect.Route) bool { return other.Host == route.Host && other.Path == at }) {
				continue // the same as without its slash
			}
			if prefix {
				at += "/…" // there is nothing at the prefix itself
			}
			lines = append(lines, mount.Dialect+strings.Repeat(" ", max(1, 11-len(mount.Dialect)))+route.Host+at)
		}
	}
	plain(w, http.StatusOK, strings.Join(lines, "\n"))
}

// ping answers as the ping of Livy's metrics servlet does.
func ping(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "pong") }
