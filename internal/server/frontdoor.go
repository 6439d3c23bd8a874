package server

import (
	"cmp"
	"net/http"
	"strings"

	"hearth/internal/auth"
	"hearth/internal/awsapi"
	"hearth/internal/event"
)

// frontDoor chooses who answers: by the service in the signature's scope, then
// by X-Amz-Target, then by path.
func (s *Server) frontDoor() http.Handler {
	mux := s.paths()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scope, err := awsapi.ParseCredential(r)
		if err != nil {
			refuseSigned(w, r, err)
			return
		}
		caller := s.caller(r, scope)
		event.From(r.Context()).Principal = caller.UserID
		r = r.WithContext(auth.With(r.Context(), caller))
		target, _, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		switch service, found := s.service(scope, target); {
		case found:
			event.From(r.Context()).Dialect = service.Name
			service.Handler.ServeHTTP(w, r)
		case scope.Signed || target != "":
			refuseService(w, r, cmp.Or(scope.Service, target), s.names())
		default:
			mux.ServeHTTP(w, r)
		}
	})
}

// service finds the handler of an AWS request. The scope counts more than the
// target: it is what the client was built for.
func (s *Server) service(scope awsapi.Scope, target string) (Service, bool) {
	for _, service := range s.cfg.Services {
		if scope.Signed && service.Name == scope.Service || !scope.Signed && target != "" && service.Target == target {
			return service, true
		}
	}
	return Service{}, false
}

func (s *Server) names() string {
	var names []string
	for _, service := range s.cfg.Services {
		names = append(names, service.Name)
	}
	return strings.Join(names, ", ")
}

// caller reads who makes the request. Nothing of it is verified.
func (s *Server) caller(r *http.Request, scope awsapi.Scope) auth.Caller {
	region := cmp.Or(scope.Region, s.cfg.Region)
	token := cmp.Or(r.Header.Get("X-Amz-Security-Token"), r.URL.Query().Get("X-Amz-Security-Token"))
	if role, ok := auth.RoleOf(token); ok && scope.Signed {
		return role.Caller(region, scope.AccessKey)
	}
	return auth.User(s.cfg.Account, region, scope.AccessKey)
}

// paths serves what is found by path. Dialects without signatures join here.
func (s *Server) paths() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern, dialect string, h http.Handler) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			e := event.From(r.Context())
			e.Dialect, e.Operation = dialect, r.Pattern
			h.ServeHTTP(w, r)
		})
	}
	s.people(handle)
	handle(dashboardPath+"{id}/{page...}", "dashboard", http.HandlerFunc(s.dashboard))
	handle("GET "+logPath+"{id}", "log", http.HandlerFunc(s.sessionLog))
	if s.cfg.AdminToken != "" {
		handle(adminPath, "admin", s.admin())
	}
	for _, route := range s.cfg.Routes {
		handle(route.Pattern, route.Dialect, route.Handler)
	}
	handle("/", "none", http.HandlerFunc(unknownPath))
	return mux
}

// health says whether requests are welcome.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	if s.leaving.Load() {
		w.Header().Set("Retry-After", "5")
		plain(w, http.StatusServiceUnavailable, "leaving")
		return
	}
	plain(w, http.StatusOK, "ok")
}
