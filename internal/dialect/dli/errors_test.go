package dli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"hearth/internal/engine"
	"hearth/internal/event"
	"hearth/internal/session"
)

// broken is a Manager that answers one error; Get alone may be whole, so that
// the call behind it is reached.
type broken struct {
	err   error
	whole bool
}

func (b broken) Create(context.Context, session.NewSession) (session.Session, error) {
	return session.Session{}, b.err
}

func (b broken) Get(_ context.Context, ref session.Ref) (session.Session, error) {
	if !b.whole {
		return session.Session{}, b.err
	}
	ref.ID = "s-1"
	return session.Session{Ref: ref, State: session.StateIdle, Extra: settings{Kind: kindSpark}.encode()}, nil
}

func (b broken) All(context.Context, session.Filter) iter.Seq2[session.Session, error] {
	return func(yield func(session.Session, error) bool) { yield(session.Session{}, b.err) }
}

func (b broken) Count(context.Context, session.Filter) (int, error) { return 0, b.err }

func (b broken) List(context.Context, session.Filter, session.Page) ([]session.Session, int64, error) {
	return nil, 0, b.err
}

func (b broken) EndWithin(context.Context, session.Ref, time.Duration) (session.Session, error) {
	return session.Session{}, b.err
}

func (b broken) Delete(context.Context, session.Ref) error { return b.err }

func (b broken) Run(context.Context, session.Ref, session.NewStatement) (session.Statement, error) {
	return session.Statement{}, b.err
}

func (b broken) Statement(context.Context, session.Ref, session.StatementRef) (session.Statement, error) {
	return session.Statement{}, b.err
}

func (b broken) Statements(context.Context, session.Ref, session.Series, session.Page) ([]session.Statement, int64, error) {
	return nil, 0, b.err
}

func (b broken) Cancel(context.Context, session.Ref, session.StatementRef) error { return b.err }

func (b broken) Log(context.Context, session.Ref) (io.ReadCloser, error) { return nil, b.err }

// statuses is the table of the API reference: codes and their status.
var statuses = map[string]int{
	codeParameter: 400, codeMissing: 400, codeExists: 400, codeUnsupported: 400, codeLimit: 400, codeUnavailable: 400, codeUser: 401,
	codeRole: 400, codeTimeout: 400, codeNotFound: 404, codeInternal: 400, codeQuota: 400,
}

func reasons() []session.Reason {
	return []session.Reason{
		"", session.ReasonState, session.ReasonConcurrent, session.ReasonNoStatement, session.ReasonNoSession, session.ReasonLabel,
		session.ReasonQueue, session.ReasonNoGroup, session.ReasonGroup,
	}
}

func TestErrors_EveryKindInEveryOperation_IsACodeOfTheTable(t *testing.T) {
	var all []error
	for _, kind := range session.Kinds() {
		for _, reason := range reasons() {
			all = append(all, &session.Error{Kind: kind, Reason: reason, Msg: "said", Err: errors.New("inner secret")})
		}
	}
	all = append(all, errors.New("inner secret"), fmt.Errorf("inner secret: %w", context.DeadlineExceeded), fmt.Errorf("inner secret: %w", engine.Invalidf("said")))
	for _, err := range all {
		for _, whole := range []bool{false, true} {
			for _, rt := range (&dialect{}).routes() {
				operate(t, rt, err, whole)
			}
		}
	}
}

// operate drives one operation into one error. Operations that need no more than
// Get succeed when that is whole, and so may those to which an error means that
// nothing is left to do.
func operate(t *testing.T, rt route, err error, whole bool) {
	t.Helper()
	h := New(Config{Manager: broken{err, whole}, Runtimes: runtimes{}, Packages: packages{}, Links: links{}})
	path := base + strings.NewReplacer("{id}", "x", "{n}", "0").Replace(rt.path)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), rt.method, path, strings.NewReader(`{"kind":"spark","queue":"q","code":"1","file":"alone.jar"}`)))
	what := fmt.Sprintf("%s %s with %v", rt.method, rt.path, err)
	if strings.Contains(w.Body.String(), "inner") {
		t.Errorf("%s tells %s", what, w.Body)
	}
	if w.Code < 400 {
		needs := strings.Contains(rt.path, "statements") || rt.path == "/sessions" || rt.path == "/batches" || rt.method == http.MethodDelete
		if !whole || needs && !errors.Is(err, session.NotFound) && !errors.Is(err, session.ReasonState) {
			t.Errorf("%s answers %d %s", what, w.Code, w.Body)
		}
		return
	}
	var body map[string]string
	if e := json.Unmarshal(w.Body.Bytes(), &body); e != nil || len(body) != 2 || body["error_msg"] == "" {
		t.Errorf("%s answers %d %s", what, w.Code, w.Body)
	}
	if status, known := statuses[body["error_code"]]; !known || status != w.Code {
		t.Errorf("%s answers %d %s", what, w.Code, w.Body)
	}
}

// Its status is that of a client's mistake, so the log must learn of it otherwise.
func TestErrors_OfOurs_AreFaultsInTheLog(t *testing.T) {
	for err, fault := range map[error]bool{
		errors.New("the disk is full"): true, &session.Error{Kind: session.Internal}: true, &session.Error{Kind: session.Quota}: false, &session.Error{Kind: session.Timeout}: false,
	} {
		var e event.Event
		h := New(Config{Manager: broken{err: err}, Runtimes: runtimes{}, Packages: packages{}, Links: links{}})
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(event.With(t.Context(), &e), "GET", base+"/sessions", nil))
		if e.Fault != fault || e.Code == "" || !errors.Is(e.Err, err) {
			t.Errorf("%v leaves %+v", err, e)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var e event.Event
	h := New(Config{Manager: broken{err: context.Canceled}, Runtimes: runtimes{}, Packages: packages{}, Links: links{}})
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(event.With(ctx, &e), "GET", base+"/sessions", nil))
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
