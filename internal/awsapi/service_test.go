package awsapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

type echoInput struct {
	Text *string `json:"Text,omitzero"`
}

func (in *echoInput) Validate() Violations {
	return Collect(func(c Check) {
		c.Required("Text", in.Text == nil)
		Text(c, "Text", in.Text, Constraint{Max: new(5)})
	})
}

var (
	errDomain = errors.New("a domain error that nobody may read")
	notFound  = ErrorType{Code: "EntityNotFoundException", Status: 400}
	echoOp    = NewOp[echoInput, echoInput]("Echo", notFound)
)

func echo(_ context.Context, in *echoInput) (*echoInput, error) {
	switch *in.Text {
	case "fault":
		return nil, fmt.Errorf("wrapped: %w", notFound.Wrap(errDomain, "no such thing"))
	case "known":
		return nil, fmt.Errorf("known: %w", errDomain)
	case "other":
		return nil, errors.New("something private")
	case "panic":
		panic("something private")
	case "nil":
		return nil, nil
	}
	return in, nil
}

func testService(log *slog.Logger) *Service {
	return NewService(Config{Name: "test", Log: log, MaxBody: 1000, Fault: func(op string, err error) *Fault {
		if op == "Echo" && errors.Is(err, errDomain) {
			return notFound.Wrap(err, "mapped")
		}
		return nil
	}}, "AWSTest", Handle(echoOp, echo))
}

func post(target, contentType, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", target)
	r.Header.Set("Content-Type", contentType)
	return r
}

func TestService_Answers(t *testing.T) {
	const target, json11 = "AWSTest.Echo", "application/x-amz-json-1.1"
	for _, c := range []struct {
		name   string
		r      *http.Request
		status int
		body   string
	}{
		{"success", post(target, json11, `{"Text":"hi"}`), 200, `{"Text":"hi"}`},
		{"nil output", post(target, json11, `{"Text":"nil"}`), 200, `{}`},
		{"content type with a charset", post(target, json11+"; charset=utf-8", `{"Text":"hi"}`), 200, `{"Text":"hi"}`},
		{"plain JSON", post(target, "application/json", `{"Text":"hi"}`), 200, `{"Text":"hi"}`},
		{"a fault of the handler", post(target, json11, `{"Text":"fault"}`), 400, `{"__type":"EntityNotFoundException","Message":"no such thing"}`},
		{"a mapped error", post(target, json11, `{"Text":"known"}`), 400, `{"__type":"EntityNotFoundException","Message":"mapped"}`},
		{"violations", post(target, json11, ``), 400, `{"__type":"ValidationException","Message":"1 validation error detected: Value null at 'text' failed to satisfy constraint: Member must not be null"}`},
		{"wrong JSON type", post(target, json11, `{"Text":1}`), 400, `{"__type":"SerializationException","Message":"NUMBER_VALUE can not be converted to String"}`},
		{"no target", post("", json11, `{}`), 400, `{"__type":"UnknownOperationException","Message":"The request has no X-Amz-Target header"}`},
		{"unknown operation", post("AWSTest.Nope", json11, `{}`), 400, `{"__type":"UnknownOperationException","Message":"The operation is not known here"}`},
		{"another API", post("AWSOther.Echo", json11, `{}`), 400, `{"__type":"UnknownOperationException","Message":"The operation is not known here"}`},
		{"a form of a web page", post(target, "text/plain", `{"Text":"hi"}`), 400, `{"__type":"UnknownOperationException","Message":"The request must have the content type application/x-amz-json-1.1"}`},
		{"GET", httptest.NewRequest(http.MethodGet, "/", nil), 405, `{"__type":"UnknownOperationException","Message":"The method GET is not supported here"}`},
		{"too large", post(target, json11, strings.Repeat(" ", 1001)), 413, `{"__type":"RequestEntityTooLargeException","Message":"The request body must not be larger than 1000 bytes"}`},
	} {
		w := httptest.NewRecorder()
		testService(nil).ServeHTTP(w, c.r)
		if w.Code != c.status || w.Body.String() != c.body {
			t.Errorf("%s: got %d %s\nwant %d %s", c.name, w.Code, w.Body, c.status, c.body)
		}
		if got := w.Header().Get("Content-Type"); got != json11 {
			t.Errorf("%s: content type is %q", c.name, got)
		}
		if got := w.Header().Get("x-amzn-RequestId"); !uuid4.MatchString(got) {
			t.Errorf("%s: request id is %q", c.name, got)
		}
	}
}

var uuid4 = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestService_PrivateErrorsAndPanics_DoNotLeak(t *testing.T) {
	for _, text := range []string{"other", "panic"} {
		var log bytes.Buffer
		call := new(Call)
		r := post("AWSTest.Echo", "application/json", `{"Text":"`+text+`"}`)
		w := httptest.NewRecorder()
		testService(slog.New(slog.NewJSONHandler(&log, nil))).ServeHTTP(w, r.WithContext(WithCall(t.Context(), call)))
		if w.Code != 500 || !strings.HasPrefix(w.Body.String(), `{"__type":"InternalServiceException",`) || strings.Contains(w.Body.String(), "private") {
			t.Errorf("%s: got %d %s", text, w.Code, w.Body)
		}
		if call.Err == nil || !strings.Contains(call.Err.Error(), "something private") {
			t.Errorf("%s: the log would not have it: %v", text, call.Err)
		}
		logged := strings.Contains(log.String(), call.RequestID) && strings.Contains(log.String(), "service_test.go")
		if logged != (text == "panic") {
			t.Errorf("%s: logged %q", text, log.String())
		}
	}
}

func TestService_PanicGoesThroughTheDialect(t *testing.T) {
	own := ErrorType{Code: "InternalServerException", Status: 500}
	s := NewService(Config{Fault: func(_ string, err error) *Fault {
		if _, ok := errors.AsType[*PanicError](err); ok {
			return own.Wrap(err, "")
		}
		return nil
	}}, "T", Handle(echoOp, echo))
	w := httptest.NewRecorder()
	s.ServeHTTP(w, post("T.Echo", "application/json", `{"Text":"panic"}`))
	if w.Body.String() != `{"__type":"InternalServerException"}` {
		t.Error(w.Body)
	}
}

func TestService_TellsTheCall(t *testing.T) {
	for body, want := range map[string]Call{
		`{"Text":"hi"}`:    {Service: "test", Operation: "Echo", RequestID: "given", Status: 200},
		`{"Text":"fault"}`: {Service: "test", Operation: "Echo", RequestID: "given", Status: 400, ErrorCode: "EntityNotFoundException"},
	} {
		call := &Call{RequestID: "given"}
		r := post("AWSTest.Echo", "application/json", body)
		w := httptest.NewRecorder()
		testService(nil).ServeHTTP(w, r.WithContext(WithCall(t.Context(), call)))
		if (call.Err != nil) != (want.ErrorCode != "") {
			t.Errorf("%s: error is %v", body, call.Err)
		}
		if call.Err = nil; *call != want {
			t.Errorf("%s: got %+v, want %+v", body, *call, want)
		}
		if w.Header().Get("x-amzn-RequestId") != "given" {
			t.Error("the request id of the context is not used")
		}
	}
}

func TestService_BodyWithoutLength_IsStoppedAtTheLimit(t *testing.T) {
	server := httptest.NewServer(testService(nil))
	defer server.Close()
	endless := io.MultiReader(strings.NewReader(`{"Text":"`), strings.NewReader(strings.Repeat("a", 1<<20)))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, endless)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Amz-Target", "AWSTest.Echo")
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	res, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status is %d", res.StatusCode)
	}
}

func TestNewService_TwoRoutesForOneOperation_Panics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	NewService(Config{}, "T", Handle(echoOp, echo), Handle(echoOp, echo))
}
