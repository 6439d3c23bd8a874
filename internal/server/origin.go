package server

import (
	"mime"
	"net/http"
	"net/netip"
	"path"
	"strings"

	"hearth/internal/awsapi"
)

// origin decides which requests may come in at all, before anybody asks what they want.
type origin struct {
	hosts []string
	cross *http.CrossOriginProtection
}

func newOrigin(hosts []string) origin {
	o := origin{cross: http.NewCrossOriginProtection()}
	for _, h := range hosts {
		o.hosts = append(o.hosts, strings.ToLower(strings.TrimSuffix(h, ".")))
	}
	return o
}

// guarded refuses what a page in the user's browser could send without the user:
// requests under a foreign host name (DNS rebinding), requests from other origins, bodies that a
// form can produce, and paths that mean another path.
func (s *Server) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, problem := s.origin.refuse(r)
		if problem == "" {
			next.ServeHTTP(w, r)
			return
		}
		note(r, "guard", "refuse", problem)
		w.Header().Set("Connection", "close")
		plain(w, status, problem)
	})
}

// refuse says why a request must not come in, "" if it may.
func (o origin) refuse(r *http.Request) (status int, problem string) {
	switch {
	case !o.knows(r.Host):
		return http.StatusMisdirectedRequest, "This server does not answer to the host name " + quote(r.Host) +
			". If the name is right, start the server with -host and the name."
	case r.Method == http.MethodConnect || !strings.HasPrefix(r.URL.Path, "/"):
		return http.StatusBadRequest, "The request has no path."
	case unclean(r.URL.Path):
		return http.StatusBadRequest, "The path of the request is not in its plain form."
	case strays(r):
		return http.StatusMisdirectedRequest, "This host name is that of one session's Spark UI."
	}
	if headerSigned(r) {
		// No page can make a browser add this header without asking first, and nobody here answers
		// such a question.
		return 0, ""
	}
	switch {
	case o.cross.Check(r) != nil || r.Header.Get("Upgrade") != "" && crossSite(r):
		return http.StatusForbidden, "Requests from other origins are refused. Sign the request, or send it from this server's own pages."
	case fromBrowser(r) && !sameOrigin(r) && unsafeMethod(r.Method) && !jsonBody(r):
		return http.StatusForbidden, "Requests of a browser must carry a body of content type application/json."
	}
	return 0, ""
}

// knows reports whether the Host of a request is loopback or configured.
func (o origin) knows(hostport string) bool {
	host := hostOf(hostport)
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.Unmap().IsLoopback() {
		return true
	}
	for _, h := range o.hosts {
		if host == h || inside(host, h) {
			return true
		}
	}
	return false
}

// unclean reports whether a path holds what a mux or a proxy would resolve: "..", "//", or
// characters that some servers take for a separator.
func unclean(p string) bool {
	return strings.ContainsAny(p, "\\\x00") || strings.Contains(p, "//") || path.Clean(p) != strings.TrimSuffix(p, "/") && p != "/"
}

// headerSigned reports whether the request carries an AWS signature in its header. One in the query
// proves nothing here: a link on any page can have it.
func headerSigned(r *http.Request) bool {
	if r.Header.Get("Authorization") == "" {
		return false
	}
	scope, err := awsapi.ParseCredential(r)
	return err == nil && scope.Signed
}

// fromBrowser reports whether a request has what browsers add and programs do not.
func fromBrowser(r *http.Request) bool {
	for _, h := range []string{"Origin", "Sec-Fetch-Site", "Sec-Fetch-Mode", "Referer", "Cookie"} {
		if r.Header.Get(h) != "" {
			return true
		}
	}
	return strings.HasPrefix(r.Header.Get("User-Agent"), "Mozilla/")
}

func sameOrigin(r *http.Request) bool { return r.Header.Get("Sec-Fetch-Site") == "same-origin" }

// crossSite reports whether a browser says that another site, or another port of this machine, made
// the request.
func crossSite(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "cross-site", "same-site":
		return true
	case "":
		from := r.Header.Get("Origin")
		return from != "" && !strings.HasSuffix(from, "://"+r.Host)
	}
	return false
}

func unsafeMethod(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions
}

// jsonBody reports whether the body has a type that a form cannot send.
func jsonBody(r *http.Request) bool {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && (media == "application/json" || strings.HasPrefix(media, "application/x-amz-json-"))
}
