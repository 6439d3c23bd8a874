package livy

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"hearth/internal/reqevent"
)

// request is one request on its way through a route.
type request struct {
	*http.Request
	// of is the collection that the path names.
	of collection
	// user is who asks, "" if the request does not say.
	user string
	// base is the prefix under which the request came: "", or Config.BasePath.
	base string
}

// reply is a successful answer.
type reply struct {
	status int
	// body is written as JSON; nil is an empty body.
	body any
	// location is for the Location header: a path of the API, an address, or "".
	location string
}

func ok(body any) (reply, error) { return reply{status: http.StatusOK, body: body}, nil }

type route struct {
	method, path string
	answer       func(*request) (reply, error)
}

func (d *api) routes() []route {
	return []route{
		{http.MethodGet, "/version", d.version},
		// The end of a base path, where health checks ask; / itself is the server's.
		{http.MethodGet, "/{$}", func(*request) (reply, error) { return reply{status: http.StatusFound, location: "/version"}, nil }},
		{http.MethodGet, "/sessions", d.listSessions},
		{http.MethodPost, "/sessions", d.createSession},
		{http.MethodGet, "/sessions/{id}", d.getSession},
		{http.MethodDelete, "/sessions/{id}", d.deleteSession},
		{http.MethodGet, "/sessions/{id}/state", d.getState},
		{http.MethodGet, "/sessions/{id}/log", d.getLog},
		{http.MethodPost, "/sessions/{id}/stop", d.stopSession},
		{http.MethodPost, "/sessions/{id}/interrupt", d.interruptSession},
		{http.MethodPost, "/sessions/{id}/connect", d.connectSession},
		{http.MethodGet, "/sessions/{id}/statements", d.listStatements},
		{http.MethodPost, "/sessions/{id}/statements", d.runStatement},
		{http.MethodGet, "/sessions/{id}/statements/{n}", d.getStatement},
		{http.MethodPost, "/sessions/{id}/statements/{n}/cancel", d.cancelStatement},
		{http.MethodPost, "/sessions/{id}/completion", d.complete},
		{http.MethodPost, "/sessions/{id}/submit-job", d.submitJob},
		{http.MethodPost, "/sessions/{id}/run-job", d.submitJob},
		{http.MethodGet, "/sessions/{id}/jobs/{job}", d.getJob},
		{http.MethodPost, "/sessions/{id}/jobs/{job}/cancel", d.cancelJob},
		{http.MethodPost, "/sessions/{id}/upload-jar", d.upload(fileJar)},
		{http.MethodPost, "/sessions/{id}/upload-pyfile", d.upload(filePy)},
		{http.MethodPost, "/sessions/{id}/upload-file", d.upload(fileAny)},
		{http.MethodPost, "/sessions/{id}/add-jar", d.add(fileJar)},
		{http.MethodPost, "/sessions/{id}/add-pyfile", d.add(filePy)},
		{http.MethodPost, "/sessions/{id}/add-file", d.add(fileAny)},
		{http.MethodGet, "/batches", d.listSessions},
		{http.MethodPost, "/batches", d.createBatch},
		{http.MethodGet, "/batches/{id}", d.getSession},
		{http.MethodDelete, "/batches/{id}", d.deleteSession},
		{http.MethodGet, "/batches/{id}/state", d.getState},
		{http.MethodGet, "/batches/{id}/log", d.getLog},
		// Not Livy's: where the addresses in appInfo lead.
		{http.MethodGet, "/sessions/{id}/spark-ui", d.sparkUI},
		{http.MethodGet, "/sessions/{id}/driver-log", d.driverLog},
		{http.MethodGet, "/batches/{id}/spark-ui", d.sparkUI},
		{http.MethodGet, "/batches/{id}/driver-log", d.driverLog},
	}
}

// handler is what all requests go through before and after their route.
func (d *api) handler() http.Handler {
	mux := http.NewServeMux()
	allowed := map[string][]string{}
	for _, rt := range d.routes() {
		mux.Handle(rt.method+" "+rt.path, d.serve(rt))
		allowed[rt.path] = append(allowed[rt.path], rt.method)
	}
	for path, methods := range allowed {
		slices.Sort(methods)
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Allow", strings.Join(methods, ", "))
			w.WriteHeader(http.StatusMethodNotAllowed) // with an empty body, as Livy's
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeError(w, r, notFound("There is nothing at "+r.URL.Path+"."))
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protect(w.Header())
		if d.RequireRequestedBy && changes(r.Method) && r.Header.Get("X-Requested-By") == "" {
			refuseForged(w)
			return
		}
		mux.ServeHTTP(w, d.trimmed(r))
	})
}

// changes reports whether a method is one that X-Requested-By guards.
func changes(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions
}

// protect sets the headers that every answer of Livy 0.9 has.
func protect(h http.Header) {
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-XSS-Protection", "1; mode=block")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
}

// trimmed takes the base path and a slash at the end off the request's path:
// Livy's collections answer with and without it, and so does livy-client-http.
func (d *api) trimmed(r *http.Request) *http.Request {
	slash := strings.HasSuffix(r.URL.EscapedPath(), "/") // and not one of a name, which is %2F
	cut := func(path string) string {
		if rest, ok := strings.CutPrefix(path, d.BasePath); ok && strings.HasPrefix(rest, "/") {
			path = rest
		}
		if slash && len(path) > 1 {
			return path[:len(path)-1]
		}
		return path
	}
	u := *r.URL
	u.Path, u.RawPath = cut(r.URL.Path), cut(r.URL.RawPath)
	// The mux notes its pattern in the request it gets, so the copy is shallow and keeps the
	// context with its event.
	out := r.WithContext(r.Context())
	out.URL = &u
	return out
}

// serve runs a route and writes its answer.
func (d *api) serve(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := reqevent.From(r.Context())
		e.Operation = rt.method + " " + rt.path
		if err := checkAccept(r.Header.Get("Accept")); err != nil {
			writeError(w, r, err)
			return
		}
		user, err := userOf(r)
		if err != nil {
			w.Header().Set("WWW-Authenticate", `Basic realm="hearth"`)
			writeError(w, r, err)
			return
		}
		e.Principal = cmp.Or(user, e.Principal)
		base := ""
		if d.BasePath != "" && strings.HasPrefix(r.RequestURI, d.BasePath+"/") {
			base = d.BasePath
		}
		answer, err := rt.answer(&request{Request: r, of: collectionAt(rt.path), user: user, base: base})
		if err != nil {
			writeError(w, r, goneAs(r.PathValue("id"), err))
			return
		}
		if location := answer.location; location != "" {
			if strings.HasPrefix(location, "/") {
				location = base + location
			}
			w.Header().Set("Location", location)
		}
		write(w, r, answer.status, answer.body)
	})
}
