package dli

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"hearth/internal/dialect"
	"hearth/internal/dialect/dialecttest"
	"hearth/internal/reqevent"
	"hearth/internal/session"
)

// statuses is the table of the API reference: codes and their status.
var statuses = map[string]int{
	codeParameter: 400, codeMissing: 400, codeExists: 400, codeUnsupported: 400, codeLimit: 400, codeUnavailable: 400, codeUser: 401,
	codeRole: 400, codeTimeout: 400, codeNotFound: 404, codeInternal: 400, codeQuota: 400,
}

// Operations that need no more than Get succeed when that is whole, and so may those to which an
// error means that nothing is left to do.
func TestErrors_EveryKindInEveryOperation_IsACodeOfTheTable(t *testing.T) {
	routes := map[string]route{}
	requests := map[string]func() *http.Request{}
	for _, rt := range (&api{}).routes() {
		name := rt.method + " " + rt.path
		routes[name] = rt
		path := base + strings.NewReplacer("{id}", "x", "{n}", "0").Replace(rt.path)
		requests[name] = func() *http.Request {
			return httptest.NewRequest(rt.method, path, strings.NewReader(`{"kind":"spark","queue":"q","code":"1","file":"alone.jar"}`))
		}
	}
	dialecttest.Errors{
		Over: over, Record: record{Kind: kindSpark}, Requests: requests,
		Judge: func(t *testing.T, name string, err error, whole bool, w *httptest.ResponseRecorder) {
			if rt := routes[name]; w.Code < 400 {
				needs := strings.Contains(rt.path, "statements") || rt.path == "/sessions" || rt.path == "/batches" || rt.method == http.MethodDelete
				if !whole || needs && !errors.Is(err, session.NotFound) && !errors.Is(err, session.ReasonState) {
					t.Errorf("%s with %v answers %d %s", name, err, w.Code, w.Body)
				}
				return
			}
			var body map[string]string
			if e := json.Unmarshal(w.Body.Bytes(), &body); e != nil || len(body) != 2 || body["error_msg"] == "" {
				t.Errorf("%s with %v answers %d %s", name, err, w.Code, w.Body)
			}
			if status, known := statuses[body["error_code"]]; !known || status != w.Code {
				t.Errorf("%s with %v answers %d %s", name, err, w.Code, w.Body)
			}
		},
	}.Run(t)
}

// Its status is that of a client's mistake, so the log must learn of it otherwise.
func TestErrors_OfOurs_AreFaultsInTheLog(t *testing.T) {
	for err, fault := range map[error]bool{
		errors.New("the disk is full"): true, &session.Error{Kind: session.Internal}: true, &session.Error{Kind: session.Quota}: false, &session.Error{Kind: session.Timeout}: false,
	} {
		var e reqevent.Event
		h := over(dialecttest.Broken{Err: err})
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(reqevent.With(t.Context(), &e), "GET", base+"/sessions", nil))
		if e.Fault != fault || e.Code == "" || !errors.Is(e.Err, err) {
			t.Errorf("%v leaves %+v", err, e)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var e reqevent.Event
	h := over(dialecttest.Broken{Err: context.Canceled})
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(reqevent.With(ctx, &e), "GET", base+"/sessions", nil))
	if e.Fault || e.Err == nil {
		t.Errorf("a client that is gone leaves %+v", e)
	}
}

func TestWireError_EveryKind_HasItsCode(t *testing.T) {
	want := map[session.Kind]string{
		session.Invalid: codeParameter, session.Unauthenticated: codeUser, session.Forbidden: codeRole, session.NotFound: codeNotFound,
		session.Exists: codeExists, session.Conflict: codeUnavailable, session.Busy: codeLimit, session.Quota: codeQuota,
		session.Throttled: codeLimit, session.Unavailable: codeUnavailable, session.Timeout: codeTimeout,
		session.Unsupported: codeUnsupported, session.Internal: codeInternal,
	}
	for _, kind := range session.Kinds() {
		f := wireError(&session.Error{Kind: kind, Msg: "said"})
		if f.Code != want[kind] || f.status != statuses[f.Code] {
			t.Errorf("%s is %d %s, want %s", kind, f.status, f.Code, want[kind])
		}
		again := slices.Contains([]session.Kind{session.Busy, session.Throttled, session.Unavailable}, kind)
		if (f.retry > 0) != again {
			t.Errorf("%s says when to try again: %v", kind, f.retry)
		}
	}
}

// over is the dialect over a Manager.
func over(m dialect.Manager) http.Handler {
	return New(dialect.Given{Manager: m, Runtimes: dialecttest.Runtimes{}, Links: dialecttest.Links{}}, Settings{}, packages{})
}
