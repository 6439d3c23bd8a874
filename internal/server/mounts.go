package server

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"hearth/internal/reqevent"
)

// self is the owner of the paths that the server answers itself.
const self = "hearth"

// root is the path of the server's own start page, which covers no other path.
var root = claim{owner: self, path: "/"}

// claim is one path, below one host, that belongs to one owner.
type claim struct {
	owner, host, path string
}

// String returns the claim as the operator would write it.
func (c claim) String() string { return fmt.Sprintf("%s%s of %s", c.host, c.path, c.owner) }

// meets reports whether a request may be for both claims: their hosts meet, and one path is the
// other, or below it.
func (c claim) meets(other claim) bool {
	return (c.host == other.host || inside(c.host, other.host) || inside(other.host, c.host)) &&
		(c.path == other.path || below(c.path, other.path) || below(other.path, c.path))
}

// inside reports whether a host name is among those that begin with a dot.
func inside(host, all string) bool {
	return strings.HasPrefix(all, ".") && strings.HasSuffix(host, all)
}

// below reports whether a path is one of those below a prefix, which ends with a slash.
func below(path, prefix string) bool {
	return strings.HasSuffix(prefix, "/") && (strings.HasPrefix(path, prefix) || path+"/" == prefix)
}

// hosts are the handlers of requests without a service, by host. The one of "" has every host that
// no other has.
type hosts map[string]*http.ServeMux

// names lists the hosts that have a handler of their own.
func (h hosts) names() []string {
	var names []string
	for name := range h {
		if name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// of returns the handler of a Host header.
func (h hosts) of(hostport string) http.Handler {
	host := hostOf(hostport)
	if mux, ok := h[host]; ok {
		return mux
	}
	for name, mux := range h {
		if inside(host, name) {
			return mux
		}
	}
	return h[""]
}

// hostOf returns the name in a Host header: in lower case, without port and final dot.
func hostOf(hostport string) string {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}

// hosts mounts the server's own pages and the dialects. It returns an error for two owners of one
// service, host or path.
func (s *Server) hosts() (hosts, error) {
	if err := s.checkServices(); err != nil {
		return nil, err
	}
	all := hosts{"": http.NewServeMux()}
	var claims []claim
	handle := func(host, pattern, label string, h http.Handler) {
		if all[host] == nil {
			all[host] = http.NewServeMux()
		}
		all[host].HandleFunc(pattern, labelled(label, h))
	}
	s.own(func(pattern, label string, h http.Handler) {
		_, path, method := strings.Cut(pattern, " ")
		if !method {
			path = pattern
		}
		path, _, _ = strings.Cut(path, "{")
		claims = append(claims, claim{self, "", path})
		handle("", pattern, label, h)
	})
	for _, mount := range s.cfg.Mounts {
		for _, route := range mount.Routes {
			next := claim{mount.Dialect, hostOf(route.Host), route.Path}
			if !strings.HasPrefix(route.Path, "/") || strings.ContainsAny(route.Path, "{} ") {
				return nil, fmt.Errorf("%s: a route is a plain path", next)
			}
			for _, other := range claims {
				// The parts of one dialect may lie within each other; one path twice may not.
				free := next.owner == other.owner || !next.meets(other) || other == root && next.path != root.path
				if next == other || !free {
					return nil, fmt.Errorf("%s and %s: two cannot answer one path", next, other)
				}
			}
			claims = append(claims, next)
			handle(next.host, route.Path, mount.Dialect, route.Handler)
		}
	}
	for host := range all {
		if !slices.ContainsFunc(claims, func(c claim) bool { return c.owner != self && c.host == host && c.path == "/" }) {
			handle(host, "/", "none", http.HandlerFunc(unknownPath))
		}
	}
	return all, nil
}

// checkServices returns an error for two services that one request could mean.
func (s *Server) checkServices() error {
	names, targets := map[string]string{}, map[string]string{}
	for _, mount := range s.cfg.Mounts {
		for _, service := range mount.Services {
			if owner, taken := names[service.Name]; taken {
				return fmt.Errorf("the service %q is mounted by %s and by %s", service.Name, owner, mount.Dialect)
			}
			if owner, taken := targets[service.Target]; taken && service.Target != "" {
				return fmt.Errorf("the target %q is mounted by %s and by %s", service.Target, owner, mount.Dialect)
			}
			names[service.Name], targets[service.Target] = mount.Dialect, mount.Dialect
		}
	}
	return nil
}

// own hands out the patterns that the server answers itself.
func (s *Server) own(handle func(pattern, label string, h http.Handler)) {
	s.people(handle)
	handle(dashboardPath+"{id}/{page...}", "dashboard", http.HandlerFunc(s.dashboard))
	handle("GET "+logPath+"{id}", "log", http.HandlerFunc(s.sessionLog))
	if s.cfg.AdminToken != "" {
		handle(adminPath, "admin", s.admin())
	}
}

// labelled notes the handler of a request in its event.
func labelled(label string, h http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		e := reqevent.From(r.Context())
		e.Dialect, e.Operation = label, r.Pattern
		h.ServeHTTP(w, r)
	}
}
