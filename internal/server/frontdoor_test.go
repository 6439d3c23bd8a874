package server

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"hearth/internal/auth"
	"hearth/internal/dialect"
	"hearth/internal/reqevent"
	"hearth/internal/session"
)

func TestFrontDoor_EveryRequest_FindsWhoAnswers(t *testing.T) {
	h := newFixture(t)
	token := auth.Role{Account: "123456789012", Path: "r", Session: "me"}.Token()
	json := []string{"Content-Type", "application/x-amz-json-1.1"}
	form := []string{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}
	presigned := "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20260101%2Fus-east-2%2Fsts%2Faws4_request&X-Amz-SignedHeaders=host&X-Amz-Signature=0"
	for name, c := range map[string]struct {
		method, path string
		headers      []string
		status       int
		text         string
	}{
		"by scope":                        {"POST", "/", []string{"Authorization", signed("glue")}, 200, "glue 000000000000/eu-west-1 AKID"},
		"by scope, whatever the target":   {"POST", "/", []string{"Authorization", signed("sts"), "X-Amz-Target", "AWSGlue.X"}, 200, "sts "},
		"by scope on a path":              {"POST", "/some/prefix", []string{"Authorization", signed("glue")}, 200, "glue "},
		"by scope in the query":           {"GET", presigned, nil, 200, "sts 000000000000/us-east-2 AKID"},
		"by target without signature":     {"POST", "/", append(json, "X-Amz-Target", "AWSGlue.X"), 200, "glue 000000000000/us-east-1 anonymous"},
		"a role's session":                {"POST", "/", []string{"Authorization", signed("glue"), "X-Amz-Security-Token", token}, 200, "glue 123456789012/eu-west-1 AROA"},
		"a role without signature":        {"POST", "/", append(json, "X-Amz-Target", "AWSGlue.X", "X-Amz-Security-Token", token), 200, "glue 000000000000/us-east-1 anonymous"},
		"a token of real AWS":             {"POST", "/", []string{"Authorization", signed("glue"), "X-Amz-Security-Token", "FwoGZXIvYXdz"}, 200, "000000000000"},
		"an unknown service, JSON":        {"POST", "/", append(json, "Authorization", signed("athena"), "X-Amz-Target", "AmazonAthena.X"), 404, `"__type":"UnknownOperationException"`},
		"an unknown service, REST":        {"POST", "/BatchGrantPermissions", []string{"Authorization", signed("lakeformation")}, 404, `\"lakeformation\" is not available here`},
		"an unknown service, query":       {"POST", "/", append(form, "Authorization", signed("ec2")), 404, "<Code>UnknownOperationException</Code>"},
		"S3":                              {"GET", "/bucket/key", []string{"Authorization", signed("s3")}, 501, "<Error><Code>NotImplemented</Code>"},
		"an unknown target":               {"POST", "/", append(json, "X-Amz-Target", "Nobody.X"), 404, "UnknownOperationException"},
		"half a signature":                {"POST", "/", append(json, "Authorization", "AWS4-HMAC-SHA256 Credential=x"), 400, `"__type":"IncompleteSignatureException"`},
		"half a signature, query":         {"POST", "/", append(form, "Authorization", "AWS4-HMAC-SHA256 Credential=x"), 400, "<Code>IncompleteSignatureException</Code>"},
		"another scheme of signature":     {"POST", "/", []string{"Authorization", "AWS4-ECDSA-P256-SHA256 Credential=x"}, 400, "IncompleteSignatureException"},
		"neither signature nor target":    {"POST", "/", nil, 404, "must be signed or name its operation"},
		"an unknown path":                 {"GET", "/nowhere", nil, 404, `Nothing answers at "/nowhere"`},
		"a path that could be a script":   {"GET", "/%3Cscript%3E", nil, 404, "<script>"},
		"health":                          {"GET", "/healthz", nil, 200, "ok"},
		"metrics that are not configured": {"GET", "/metrics", nil, 404, ""},
	} {
		w := h.send(c.method, c.path, "", c.headers...)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.text) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), "<script>") && !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
			t.Errorf("%s: shown as %s", name, w.Header().Get("Content-Type"))
		}
	}
}

func TestEvent_OfARead_IsForDebuggingUnlessItFails(t *testing.T) {
	h := newFixture(t)
	for _, c := range []struct{ method, path, service, level string }{
		{"GET", "/", "glue", "DEBUG"},
		{"GET", "/nowhere", "", "INFO"},
		{"POST", "/", "glue", "INFO"},
		{"GET", "/", "faulty", "ERROR"},
	} {
		var headers []string
		if c.service != "" {
			headers = []string{"Authorization", signed(c.service)}
		}
		h.log.Reset()
		h.send(c.method, c.path, "", headers...)
		if line := h.last(t); line["level"] != c.level {
			t.Errorf("%s %s: %v", c.method, c.path, line)
		}
	}
}

func TestEvent_OfAnError_HasTheLevelOfWhoseFaultItIs(t *testing.T) {
	for _, c := range []struct {
		status int
		err    error
		level  string
	}{
		{500, &session.Error{Kind: session.Conflict}, "INFO"},  // Livy's answer to a statement that comes too early
		{400, &session.Error{Kind: session.Internal}, "ERROR"}, // whatever the API has for it
		{500, errors.New("plain"), "ERROR"},
		{400, errors.New("plain"), "INFO"},
		{503, &session.Error{Kind: session.Unavailable}, "ERROR"},
		{404, fmt.Errorf("wrapped: %w", &session.Error{Kind: session.NotFound}), "INFO"},
	} {
		h := newFixture(t, func(cfg *Config) {
			routed(cfg, "x", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				reqevent.From(r.Context()).Err = c.err
				w.WriteHeader(c.status)
			}), "/x")
		})
		h.send("POST", "/x", "")
		if line := h.last(t); line["level"] != c.level {
			t.Errorf("%d, %v: %v", c.status, c.err, line)
		}
	}
}

func TestEvent_OfARequest_IsOneLineWithItsKeys(t *testing.T) {
	h := newFixture(t)
	w := h.send("POST", "/", "", "Authorization", signed("glue"))
	line := h.last(t)
	for key, want := range map[string]any{
		"msg": "request", "dialect": "glue", "operation": "Tell", "session_id": "s-told", "principal": "AKID",
		"status": 200.0, "code": "", "error": "", "request_id": w.Header().Get("X-Amzn-Requestid"),
	} {
		if line[key] != want {
			t.Errorf("%s = %v, want %v", key, line[key], want)
		}
	}
	if _, ok := line["duration"]; !ok || strings.Count(h.log.String(), "\n") != 1 {
		t.Errorf("log: %s", h.log)
	}
	if len(h.seen) != 1 || h.seen[0].Dialect != "glue" || h.seen[0].Status != 200 {
		t.Errorf("observed: %+v", h.seen)
	}
}

func TestEvent_OfARefusal_SaysWhy(t *testing.T) {
	h := newFixture(t)
	h.send("POST", "/", "", "Authorization", signed("athena"))
	if line := h.last(t); line["code"] != "UnknownOperationException" || !strings.Contains(line["error"].(string), "athena") {
		t.Errorf("line: %v", line)
	}
	h.send("GET", "/healthz", "", "Host", "evil.example\nforged")
	if line := h.last(t); line["dialect"] != "guard" || line["status"] != 421.0 {
		t.Errorf("line: %v", line)
	}
}

// An error repeats what the client sent, and a body has megabytes.
func TestEvent_OfALongError_IsShort(t *testing.T) {
	h := newFixture(t, func(c *Config) {
		c.Mounts = []Mount{{Dialect: "glue", Mounted: dialect.Mounted{Services: []dialect.Service{{Name: "glue", Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			e := reqevent.From(r.Context())
			e.Err, e.Principal = errors.New("no queue named "+strings.Repeat("ü", 1<<20)), strings.Repeat("p", 1<<16)
		})}}}}}
	})
	h.send("POST", "/", "", "Authorization", signed("glue"))
	line := h.last(t)
	problem := line["error"].(string)
	if h.log.Len() > 3*longest || !strings.HasPrefix(problem, "no queue named üü") || !strings.HasSuffix(problem, "ü…") {
		t.Errorf("%d bytes of log: %.100s", h.log.Len(), problem)
	}
}

func TestPanic_OfAHandler_IsContained(t *testing.T) {
	h := newFixture(t)
	w := h.send("POST", "/", "", "Authorization", signed("boom"))
	if w.Code != 500 || !strings.Contains(w.Body.String(), "request id") || strings.Contains(w.Body.String(), "ouch") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if line := h.last(t); line["status"] != 500.0 || line["error"] != "panic: ouch" || line["level"] != "ERROR" {
		t.Errorf("line: %v", line)
	}
	if w := h.send("GET", "/healthz", ""); w.Code != 200 {
		t.Errorf("after it: %d", w.Code)
	}
}

func TestHealth_OfALeavingServer_SaysSo(t *testing.T) {
	h := newFixture(t)
	h.Leave()
	if w := h.send("GET", "/healthz", ""); w.Code != http.StatusServiceUnavailable || w.Body.String() != "leaving\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := h.send("POST", "/", "", "Authorization", signed("glue")); w.Code != 200 {
		t.Errorf("a request while leaving: %d", w.Code)
	}
}

func TestHealth_OfAStoreThatCannotBeWritten_SaysWhy(t *testing.T) {
	var ill error
	h := newFixture(t, func(c *Config) { c.Health = func() error { return ill } })
	if w := h.send("GET", "/healthz", ""); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	ill = &session.Error{Kind: session.Unavailable, Msg: "the disk is full", Err: errors.New("secret")}
	if w := h.send("GET", "/healthz", ""); w.Code != http.StatusServiceUnavailable || w.Body.String() != "nothing can be stored: the disk is full\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestMetrics_OfRequests_AreCountedByDialectOperationAndCode(t *testing.T) {
	m, err := NewMetrics(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	h := newFixture(t, func(c *Config) { c.Observe, c.Metrics = m.Observe, m })
	h.send("POST", "/", "", "Authorization", signed("glue"))
	h.send("POST", "/", "", "Authorization", signed("glue"))
	h.send("POST", "/", "", "Authorization", signed("athena"))
	text := h.send("GET", "/metrics", "").Body.String()
	for _, want := range []string{
		"# TYPE hearth_requests_total counter\n",
		`hearth_requests_total{code="",dialect="glue",operation="Tell"} 2` + "\n",
		`hearth_requests_total{code="UnknownOperationException",dialect="aws",operation="refuse"} 1` + "\n",
		`hearth_request_duration_seconds_bucket{dialect="glue",operation="Tell",le="+Inf"} 2` + "\n",
		`hearth_request_duration_seconds_count{dialect="glue",operation="Tell"} 2` + "\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestRecorder_OfAResponse_KeepsWhatTheWriterCan(t *testing.T) {
	rec := &recorder{ResponseWriter: httptest.NewRecorder()}
	if err := http.NewResponseController(rec).Flush(); err != nil {
		t.Errorf("flush: %v", err)
	}
}
