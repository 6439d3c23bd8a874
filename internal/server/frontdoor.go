package server

import (
	"cmp"
	"net/http"
	"strings"

	"hearth/internal/auth"
	"hearth/internal/awsapi"
	"hearth/internal/dialect"
	"hearth/internal/reqevent"
	"hearth/internal/session"
)

// frontDoor chooses the handler of a request: by the service in the signature's scope, then by
// X-Amz-Target, then by host and path.
func (s *Server) frontDoor(hosts hosts) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scope, err := awsapi.ParseCredential(r)
		if err != nil {
			refuseSigned(w, r, err)
			return
		}
		caller := s.caller(r, scope)
		reqevent.From(r.Context()).Principal = caller.UserID
		r = r.WithContext(auth.With(r.Context(), caller))
		target, _, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		switch service, found := s.service(scope, target); {
		case found:
			reqevent.From(r.Context()).Dialect = service.Name
			service.Handler.ServeHTTP(w, r)
		case scope.Signed || target != "":
			refuseService(w, r, cmp.Or(scope.Service, target), s.names())
		default:
			hosts.of(r.Host).ServeHTTP(w, r)
		}
	})
}

// service returns the handler of an AWS request. The scope counts more than the target: the client
// was built for it.
func (s *Server) service(scope awsapi.Scope, target string) (dialect.Service, bool) {
	for _, mount := range s.cfg.Mounts {
		for _, service := range mount.Services {
			if scope.Signed && service.Name == scope.Service || !scope.Signed && target != "" && service.Target == target {
				return service, true
			}
		}
	}
	return dialect.Service{}, false
}

// names lists the services.
func (s *Server) names() string {
	var names []string
	for _, mount := range s.cfg.Mounts {
		for _, service := range mount.Services {
			names = append(names, service.Name)
		}
	}
	return strings.Join(names, ", ")
}

// caller returns who makes the request, as far as it says. Nothing of it is verified.
func (s *Server) caller(r *http.Request, scope awsapi.Scope) auth.Caller {
	region := cmp.Or(scope.Region, s.cfg.Region)
	token := cmp.Or(r.Header.Get("X-Amz-Security-Token"), r.URL.Query().Get("X-Amz-Security-Token"))
	if role, ok := auth.RoleOf(token); ok && scope.Signed {
		return role.Caller(region, scope.AccessKey)
	}
	return auth.User(s.cfg.Account, region, scope.AccessKey)
}

// health answers whether requests are welcome.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	if s.leaving.Load() {
		w.Header().Set("Retry-After", "5")
		plain(w, http.StatusServiceUnavailable, "leaving")
		return
	}
	if s.cfg.Health != nil {
		if err := s.cfg.Health(); err != nil {
			w.Header().Set("Retry-After", "5")
			plain(w, http.StatusServiceUnavailable, "nothing can be stored: "+session.AsError(err).Msg)
			return
		}
	}
	plain(w, http.StatusOK, "ok")
}
