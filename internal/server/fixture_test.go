package server

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"hearth/internal/auth"
	"hearth/internal/awsapi"
	"hearth/internal/dialect"
	"hearth/internal/engine"
	"hearth/internal/reqevent"
	"hearth/internal/session"
)

// shelf is a small Sessions: a list in memory.
type shelf struct {
	mu   sync.Mutex
	list []session.Session
	logs map[string]string
}

func (s *shelf) GetByID(_ context.Context, id string) (session.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.list {
		if one.ID == id {
			return one, nil
		}
	}
	return session.Session{}, &session.Error{Kind: session.NotFound, Msg: "Session not found"}
}

func (s *shelf) All(_ context.Context, f session.Filter) iter.Seq2[session.Session, error] {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.Clone(s.list)
	return func(yield func(session.Session, error) bool) {
		for _, one := range list {
			live := len(f.States) == 0 || one.State != session.StateEnded
			named := (f.ExternalID == "" || one.ExternalID == f.ExternalID) && strings.HasPrefix(one.ID, f.IDPrefix)
			if live && named && !yield(one, nil) {
				return
			}
		}
	}
}

func (s *shelf) End(ctx context.Context, ref session.Ref) (session.Session, error) {
	s.change(ref.ExternalID, func(one *session.Session) { one.State, one.Cause = session.StateStopping, session.CauseStopped })
	return s.GetByID(ctx, ref.ID)
}

func (s *shelf) Log(_ context.Context, ref session.Ref) (io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, ok := s.logs[ref.ExternalID]
	if !ok {
		return nil, &session.Error{Kind: session.NotFound, Msg: "no log yet"}
	}
	return io.NopCloser(strings.NewReader(text)), nil
}

func (s *shelf) change(id string, f func(*session.Session)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.list {
		if s.list[i].ExternalID == id {
			f(&s.list[i])
		}
	}
}

// fixture is a server with everything around it that a test may want to see.
type fixture struct {
	*Server
	shelf *shelf
	log   *bytes.Buffer // read after the request only
	seen  []reqevent.Event
	pages *Pages
}

func newFixture(t *testing.T, change ...func(*Config)) *fixture {
	t.Helper()
	h := &fixture{log: new(bytes.Buffer), pages: NewPages(), shelf: &shelf{logs: map[string]string{}}}
	cfg := Config{
		Sessions: h.shelf, Pages: h.pages, AdminToken: "open sesame", Hosts: []string{"hearth.example", ".below.example"},
		Log:     slog.New(slog.NewJSONHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Observe: func(_ context.Context, e reqevent.Event) { h.seen = append(h.seen, e) },
		Mounts: []Mount{{Dialect: "aws", Mounted: dialect.Mounted{Services: []dialect.Service{
			{Name: "glue", Target: "AWSGlue", Handler: tell("glue")},
			{Name: "sts", Handler: tell("sts")},
			{Name: "faulty", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				reqevent.From(r.Context()).Fault = true
				w.WriteHeader(http.StatusBadRequest)
			})},
			{Name: "boom", Target: "Boom", Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("ouch") })},
		}}}},
	}
	for _, f := range change {
		f(&cfg)
	}
	var err error
	if h.Server, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	return h
}

// tell answers with who answers and who asks.
func tell(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call, caller := awsapi.CallFrom(r.Context()), auth.From(r.Context())
		call.Operation = "Tell"
		reqevent.From(r.Context()).SessionID = "s-told"
		w.Header().Set("X-Amzn-Requestid", call.RequestID)
		io.WriteString(w, name+" "+caller.Scope()+" "+caller.UserID)
	})
}

// send makes one request; headers come in pairs. Host is loopback unless said.
func (h *fixture) send(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host = "127.0.0.1:8998"
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// signed is the header of a request that a client signed for a service.
func signed(service string) string {
	return "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/" + service + "/aws4_request, SignedHeaders=host, Signature=00"
}

// last is the last line of the log.
func (h *fixture) last(t *testing.T) map[string]any {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(h.log.String()), "\n")
	var line map[string]any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &line); err != nil {
		t.Fatal(err)
	}
	return line
}

// add puts a session on the shelf.
func (h *fixture) add(id string, change ...func(*session.Session)) session.Session {
	s := session.Session{
		Seq: int64(len(h.shelf.list) + 1), State: session.StateIdle,
		Ref:  session.Ref{ID: "s-" + id, Dialect: "glue", Scope: "a/b", ExternalID: id},
		Spec: engine.Spec{ID: "i-" + id, Launch: engine.Launch{Runtime: "spark-3.5"}},
	}
	for _, f := range change {
		f(&s)
	}
	h.shelf.list = append(h.shelf.list, s)
	return s
}

// routed adds a dialect that answers paths.
func routed(c *Config, name string, h http.Handler, paths ...string) {
	m := Mount{Dialect: name}
	for _, p := range paths {
		m.Routes = append(m.Routes, dialect.Route{Path: p, Handler: h})
	}
	c.Mounts = append(c.Mounts, m)
}
