package dli

import (
	"cmp"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"

	"hearth/internal/dialect"
	"hearth/internal/reqevent"
	"hearth/internal/session"
)

// maxBody is the largest body in bytes, that of Huawei's gateway.
const maxBody = 12 << 20

// request is one request on its way through a route.
type request struct {
	*http.Request
	// user is who asks, "" if the request does not say.
	user string
	// project is the tenant.
	project string
	// of is the collection that the route belongs to.
	of collection
	// body is all of the body.
	body []byte
}

// ref names the member with this id of the request's collection and project.
func (r *request) ref(id string) session.Ref {
	return session.Ref{Dialect: Name, Collection: r.of.name, Scope: r.project, ExternalID: id}
}

type route struct {
	method, path string
	// answer returns what is written as JSON with status 200.
	answer func(*request) (any, error)
}

// redirect is an answer that leads elsewhere.
type redirect string

func (d *api) routes() []route {
	return []route{
		{http.MethodGet, "/sessions", d.listSessions},
		{http.MethodPost, "/sessions", d.createSession},
		{http.MethodGet, "/sessions/{id}", d.getSession},
		{http.MethodDelete, "/sessions/{id}", d.deleteSession},
		{http.MethodGet, "/sessions/{id}/state", d.getState},
		{http.MethodGet, "/sessions/{id}/log", d.getLog},
		{http.MethodGet, "/sessions/{id}/statements", d.listStatements},
		{http.MethodPost, "/sessions/{id}/statements", d.runStatement},
		{http.MethodGet, "/sessions/{id}/statements/{n}", d.getStatement},
		{http.MethodPost, "/sessions/{id}/statements/{n}/cancel", d.cancelStatement},
		{http.MethodGet, "/batches", d.listBatches},
		{http.MethodPost, "/batches", d.createBatch},
		{http.MethodGet, "/batches/{id}", d.getBatch},
		{http.MethodDelete, "/batches/{id}", d.cancelBatch},
		{http.MethodGet, "/batches/{id}/state", d.getState},
		{http.MethodGet, "/batches/{id}/log", d.getLog},
		// Not DLI's: where the addresses in appInfo lead.
		{http.MethodGet, "/sessions/{id}/spark-ui", d.sparkUI},
		{http.MethodGet, "/sessions/{id}/driver-log", d.driverLog},
	}
}

// prefix is where every route begins.
const prefix = "/v2.0/{project}"

// handler is what all requests go through before and after their route. Whatever is no route is
// answered as by Huawei's gateway, also for a wrong method.
func (d *api) handler() http.Handler {
	mux := http.NewServeMux()
	for _, rt := range d.routes() {
		mux.Handle(rt.method+" "+prefix+rt.path, d.serve(rt))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { writeError(w, r, noAPI()) })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, withoutSlash(r))
	})
}

// withoutSlash takes a slash at the end off the path: signers for Huawei's gateway add one.
func withoutSlash(r *http.Request) *http.Request {
	path := strings.TrimSuffix(r.URL.Path, "/")
	if path == r.URL.Path || path == "" {
		return r
	}
	u := *r.URL
	u.Path, u.RawPath = path, strings.TrimSuffix(r.URL.RawPath, "/")
	out := r.WithContext(r.Context())
	out.URL = &u
	return out
}

// serve runs a route and writes its answer.
func (d *api) serve(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := reqevent.From(r.Context())
		e.Operation = rt.method + " " + prefix + rt.path
		answer, err := d.answer(rt, r)
		switch to, leads := answer.(redirect); {
		case err != nil:
			writeError(w, r, err)
		case leads:
			w.Header().Set("Location", string(to))
			w.WriteHeader(http.StatusFound)
		default:
			write(w, r, http.StatusOK, answer)
		}
	})
}

func (d *api) answer(rt route, r *http.Request) (any, error) {
	user, body, err := d.received(r)
	if err != nil {
		return nil, err
	}
	e := reqevent.From(r.Context())
	e.Principal = cmp.Or(user, e.Principal)
	project := r.PathValue("project")
	if !plainProject(project) {
		return nil, invalid("A project id has at most 64 letters, digits, - and _.")
	}
	if err := d.mayName(user, project); err != nil {
		return nil, err
	}
	return rt.answer(&request{Request: r, user: user, project: project, of: collectionAt(rt.path), body: body})
}

// received returns who asks, and the body. Only a signature is checked after the body, which it
// covers.
func (d *api) received(r *http.Request) (user string, body []byte, err error) {
	_, signed := r.Header["Authorization"]
	if !signed {
		if user, err = d.principal(r, nil); err != nil {
			return "", nil, err
		}
	}
	if body, err = readBody(r); err == nil && signed {
		user, err = d.principal(r, body)
	}
	return user, body, err
}

func readBody(r *http.Request) ([]byte, error) {
	body, err := dialect.ReadBody(r, maxBody)
	if err == nil || errors.Is(err, session.Throttled) {
		return body, err
	}
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, &failure{status: http.StatusRequestEntityTooLarge, Code: codeParameter, Msg: "The body is larger than " + strconv.Itoa(maxBody) + " bytes."}
	}
	return nil, invalid("The body could not be read.")
}

// plainProject reports whether a text can be a project's id. DLI's have 32 hex digits; any name
// that is safe everywhere does here.
func plainProject(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}

// number reads a whole number that is not less than least from the query.
func (r *request) number(name string, otherwise, least int64) (int64, error) {
	if !r.URL.Query().Has(name) {
		return otherwise, nil
	}
	text := r.URL.Query().Get(name)
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < least {
		return 0, invalid("The parameter %s must be a whole number from %d, not %q.", name, least, text)
	}
	return n, nil
}

// count is number for positions and sizes.
func (r *request) count(name string, otherwise, least int) (int, error) {
	n, err := r.number(name, int64(otherwise), int64(least))
	if err == nil && n > math.MaxInt32 {
		return 0, invalid("The parameter %s is at most %d.", name, math.MaxInt32)
	}
	return int(n), err
}

// page is the part of a list that the query asks for.
func (r *request) page() (from, size int, err error) {
	if from, err = r.count("from", 0, 0); err != nil {
		return 0, 0, err
	}
	size, err = r.count("size", 100, 0)
	return from, size, err
}
