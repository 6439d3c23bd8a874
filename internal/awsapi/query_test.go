package awsapi

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

type identity struct {
	Arn     string
	Account string
}

func testQuery() *QueryService {
	who := func(_ context.Context, form url.Values) (*identity, error) {
		switch form.Get("Who") {
		case "nobody":
			return nil, ErrorType{Code: "NoSuchEntity", Status: 404}.New("nobody <here>")
		case "panic":
			panic("private")
		case "error":
			return nil, errors.New("private")
		}
		return &identity{Arn: "arn:aws:iam::1:user/" + form.Get("Who"), Account: "1"}, nil
	}
	none := func(context.Context, url.Values) (*identity, error) { return nil, nil }
	return NewQueryService(Config{Name: "sts", MaxBody: 1000}, "2011-06-15", "https://sts.amazonaws.com/doc/2011-06-15/",
		HandleQuery("Who", who), HandleQuery("None", none))
}

func postForm(form string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	return r
}

func TestQueryService_Answers(t *testing.T) {
	const space = ` xmlns="https://sts.amazonaws.com/doc/2011-06-15/"`
	const meta = `<ResponseMetadata><RequestId>id</RequestId></ResponseMetadata>`
	const success = `<WhoResponse` + space + `><WhoResult><Arn>arn:aws:iam::1:user/a&amp;b</Arn><Account>1</Account></WhoResult>` + meta + `</WhoResponse>`
	fault := func(side, code, message string) string {
		return `<ErrorResponse` + space + `><Error><Type>` + side + `</Type><Code>` + code + `</Code><Message>` + message +
			`</Message></Error><RequestId>id</RequestId></ErrorResponse>`
	}
	const private = "An internal error occurred. The server&#39;s log has more under this request id."
	for _, c := range []struct {
		name   string
		r      *http.Request
		status int
		body   string
	}{
		{"success", postForm("Action=Who&Version=2011-06-15&Who=a%26b"), 200, success},
		{"presigned GET", httptest.NewRequest(http.MethodGet, "/?Action=Who&Version=2011-06-15&Who=a%26b", nil), 200, success},
		{"no result", postForm("Action=None"), 200, `<NoneResponse` + space + `>` + meta + `</NoneResponse>`},
		{"fault", postForm("Action=Who&Who=nobody"), 404, fault("Sender", "NoSuchEntity", "nobody &lt;here&gt;")},
		{"panic", postForm("Action=Who&Who=panic"), 500, fault("Receiver", "InternalFailure", private)},
		{"error", postForm("Action=Who&Who=error"), 500, fault("Receiver", "InternalFailure", private)},
		{"unknown action", postForm("Action=Nope"), 400, fault("Sender", "InvalidAction", "The action is not known here in this version")},
		{"another version", postForm("Action=Who&Version=2010-05-08"), 400, fault("Sender", "InvalidAction", "The action is not known here in this version")},
		{"broken form", postForm("Action=%zz"), 400, fault("Sender", "MalformedQueryString", "The form could not be read")},
		{"too large", postForm("Action=" + strings.Repeat("a", 1000)), 413, fault("Sender", "RequestEntityTooLargeException", "The request body must not be larger than 1000 bytes")},
		{"another method", httptest.NewRequest(http.MethodPut, "/", nil), 405, fault("Sender", "UnknownOperationException", "The method PUT is not supported here")},
	} {
		w := httptest.NewRecorder()
		testQuery().ServeHTTP(w, c.r.WithContext(WithCall(t.Context(), &Call{RequestID: "id"})))
		if w.Code != c.status || w.Body.String() != c.body {
			t.Errorf("%s: got %d %s\nwant %d %s", c.name, w.Code, w.Body, c.status, c.body)
		}
		if w.Header().Get("x-amzn-RequestId") != "id" || w.Header().Get("Content-Type") != "text/xml" {
			t.Errorf("%s: headers are %v", c.name, w.Header())
		}
	}
}
