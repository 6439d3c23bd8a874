package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hearth/internal/dialect"
	"hearth/internal/dialect/dialecttest"
	"hearth/internal/engine"
	"hearth/internal/session"
)

// sample is a dialect of these tests alone: it mounts a service, paths, a host and groups, has
// settings of its own, and checks nothing of what its clients ask for.
type sample struct {
	Greeting string   `yaml:"greeting"`
	Queues   []string `yaml:"queues"`
}

// testDialects is the table with one row more.
func testDialects() []dialectRow {
	return append(dialects(), dialectRow{"sample", func() dialect.Settings { return &sample{Greeting: "hello"} }})
}

func (s *sample) Flags(fs *flag.FlagSet) {
	fs.StringVar(&s.Greeting, "sample-greeting", s.Greeting, "what it says")
}

func (s *sample) Check() error {
	if s.Greeting == "" {
		return errors.New("greeting must not be empty")
	}
	return nil
}

func (s *sample) Mount(g dialect.Given) (dialect.Mounted, error) {
	h := sampleAPI{g, s}
	m := dialect.Mounted{
		Services: []dialect.Service{{Name: "sample", Target: "Sample", Handler: h}},
		Routes:   []dialect.Route{{Path: "/sample/", Handler: h}, {Host: ".sample.localhost", Path: "/", Handler: h}},
	}
	for _, q := range s.Queues {
		m.Groups = append(m.Groups, session.Group{Dialect: "sample", Name: q, MaxSessions: 1})
	}
	return m, nil
}

type sampleAPI struct {
	dialect.Given
	*sample
}

type sampleRequest struct {
	ID, File, Queue string
	Conf            map[string]string
}

func (h sampleAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := func(status int, v any) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
	s, err := h.answer(r.Context(), r)
	switch e := session.AsError(err); {
	case err == nil:
		answer(http.StatusOK, map[string]string{"greeting": h.Greeting, "id": s.ExternalID, "engine": s.Engine})
	case e.Kind == session.Internal:
		answer(http.StatusInternalServerError, "internal error")
	default:
		answer(http.StatusBadRequest, string(e.Kind)+": "+e.Msg)
	}
}

func (h sampleAPI) answer(ctx context.Context, r *http.Request) (session.Session, error) {
	var in sampleRequest
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return session.Session{}, &session.Error{Kind: session.Invalid, Msg: "a body is needed"}
	}
	ref := session.Ref{Dialect: "sample", Scope: "all", ExternalID: in.ID}
	if r.Method == http.MethodGet {
		return h.Manager.Get(ctx, ref)
	}
	n := session.NewSession{Ref: ref, Group: in.Queue, Spec: engine.Spec{
		Launch: engine.Launch{Runtime: "spark-3.5"}, Setup: engine.Setup{Language: engine.Python, Conf: in.Conf},
	}}
	if in.File != "" {
		n.Spec.Setup.Files = []string{in.File}
	}
	return h.Manager.Create(ctx, n)
}

func TestSample_OfOneRow_IsReachedByServicePathAndHost(t *testing.T) {
	front, _, err := mounted(t, testDialects(), "-sample-greeting", "hi", "-config", written(t, "sample: {queues: [q], engine: fake}\n"))
	if err != nil {
		t.Fatal(err)
	}
	json := "Content-Type: application/json"
	for name, w := range map[string]*httptest.ResponseRecorder{
		"by target": ask(t, front, "POST", "/", `{"id":"a"}`, "X-Amz-Target: Sample.Do", json),
		"by path":   ask(t, front, "POST", "/sample/sessions", `{"id":"b"}`, json),
		"by host":   ask(t, front, "POST", "/", `{"id":"c"}`, "Host: x.sample.localhost", json),
	} {
		if w.Code != 200 || !strings.Contains(w.Body.String(), `"engine":"fake","greeting":"hi"`) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if w := ask(t, front, "POST", "/sample/", `{"id":"d","queue":"q"}`, json); w.Code != 200 {
		t.Errorf("in its group: %d %s", w.Code, w.Body)
	}
	for id, text := range map[string]string{`"e","queue":"q"`: "limit of 1", `"f","queue":"none"`: "no group named none"} {
		if w := ask(t, front, "POST", "/sample/", `{"id":`+id+`}`, json); w.Code != 400 || !strings.Contains(w.Body.String(), text) {
			t.Errorf("%s: %d %s", id, w.Code, w.Body)
		}
	}
	if _, _, err := mounted(t, testDialects(), "-sample-greeting", ""); err == nil || !strings.Contains(err.Error(), "sample: greeting") {
		t.Errorf("its check: %v", err)
	}
}

// What a dialect does not check, the domain and the engine do.
func TestSample_ThatForgetsEveryCheck_AdmitsNothingForbidden(t *testing.T) {
	front, manager, err := mounted(t, testDialects())
	if err != nil {
		t.Fatal(err)
	}
	for body, text := range map[string]string{
		`{"id":"a","file":"/etc/passwd"}`:                         "-files",
		`{"id":"b","file":"s3://bucket/x"}`:                       "object store",
		`{"id":"c","conf":{"spark.master":"yarn"}}`:               "spark.master",
		`{"id":"d","conf":{"spark.driver.host":"0.0.0.0"}}`:       "spark.driver.host",
		`{"id":"e","conf":{"spark.plugins":"x"},"file":"/etc/x"}`: "/etc/x",
	} {
		w := ask(t, front, "POST", "/sample/", body, "Content-Type: application/json")
		if w.Code != 400 || !strings.Contains(w.Body.String(), text) {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	if n, err := manager.Count(t.Context(), session.Filter{}); n != 0 || err != nil {
		t.Errorf("%d sessions are left, %v", n, err)
	}
}

func TestSample_EveryErrorOfTheDomain_IsAnAnswer(t *testing.T) {
	request := func(method string) func() *http.Request {
		return func() *http.Request { return httptest.NewRequest(method, "/sample/", strings.NewReader(`{"id":"a"}`)) }
	}
	dialecttest.Errors{
		Over:     func(m dialect.Manager) http.Handler { return sampleAPI{dialect.Given{Manager: m}, new(sample)} },
		Requests: map[string]func() *http.Request{"get": request("GET"), "create": request("POST")},
		Judge: func(t *testing.T, name string, err error, whole bool, w *httptest.ResponseRecorder) {
			if ok := w.Code == 200; ok != (whole && name == "get") {
				t.Errorf("%s answers %v with %d %s", name, err, w.Code, w.Body)
			}
		},
	}.Run(t)
}
