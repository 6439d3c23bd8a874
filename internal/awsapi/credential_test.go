package awsapi

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const goodAuthorization = "AWS4-HMAC-SHA256 Credential=AKID/20261120/us-east-1/glue/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=abc"

func TestParseCredential_ReadsHeaderAndQuery(t *testing.T) {
	scope := Scope{
		AccessKey: "AKID", Date: "20261120", Region: "us-east-1", Service: "glue",
		SignedHeaders: []string{"content-type", "host", "x-amz-date"}, Signed: true,
	}
	slashed := scope
	slashed.AccessKey = "my/key"
	presigned := "/?" + url.Values{
		"X-Amz-Algorithm": {sigAlgorithm}, "X-Amz-Credential": {"AKID/20261120/us-east-1/glue/aws4_request"},
		"X-Amz-SignedHeaders": {"content-type;host;x-amz-date"}, "X-Amz-Signature": {"abc"},
	}.Encode()
	for _, c := range []struct {
		name, target, header string
		want                 Scope
	}{
		{"header", "/", goodAuthorization, scope},
		{"no spaces after commas", "/", "AWS4-HMAC-SHA256 Credential=AKID/20261120/us-east-1/glue/aws4_request,SignedHeaders=content-type;host;x-amz-date,Signature=abc", scope},
		{"a key with a slash", "/", "AWS4-HMAC-SHA256 Credential=my/key/20261120/us-east-1/glue/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=abc", slashed},
		{"query", presigned, "", scope},
		{"unsigned", "/", "", Scope{}},
		{"bearer token", "/", "Bearer abc", Scope{}},
		{"a query of something else", "/?X-Amz-Date=1", "", Scope{}},
	} {
		r := httptest.NewRequest(http.MethodPost, c.target, nil)
		r.Header.Set("Authorization", c.header)
		got, err := ParseCredential(r)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestParseCredential_BrokenSignature_IsIncomplete(t *testing.T) {
	for _, header := range []string{
		"AWS4-HMAC-SHA256",
		"AWS4-HMAC-SHA256 Credential=AKID/20261120/us-east-1/glue/aws4_request",
		"AWS4-HMAC-SHA256 Credential=AKID/20261120/us-east-1/glue/aws4_request, SignedHeaders=host",
		"AWS4-HMAC-SHA256 Credential=AKID/20261120/us-east-1/glue, SignedHeaders=host, Signature=a",
		"AWS4-HMAC-SHA256 Credential=/20261120/us-east-1/glue/aws4_request, SignedHeaders=host, Signature=a",
		"AWS4-HMAC-SHA256 Credential=AKID/today/us-east-1/glue/aws4_request, SignedHeaders=host, Signature=a",
		"AWS4-HMAC-SHA256 Credential=AKID/20261120//glue/aws4_request, SignedHeaders=host, Signature=a",
		"AWS4-HMAC-SHA256 Credential=AKID/20261120/us-east-1/glue/aws5_request, SignedHeaders=host, Signature=a",
		"AWS4-ECDSA-P256-SHA256 Credential=AKID/20261120/glue/aws4_request, SignedHeaders=host, Signature=a",
	} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Header.Set("Authorization", header)
		scope, err := ParseCredential(r)
		if f, ok := errors.AsType[*Fault](err); !ok || f.Code != "IncompleteSignatureException" {
			t.Errorf("%s: got %+v, %v", header, scope, err)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/?X-Amz-Algorithm=AWS4-HMAC-SHA256", nil)
	if _, err := ParseCredential(r); err == nil {
		t.Error("a presigned request without a credential is accepted")
	}
}

// FuzzParseCredential demands that nothing panics and that a scope is either whole or empty.
func FuzzParseCredential(f *testing.F) {
	f.Add(goodAuthorization, "")
	f.Add("", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a/20260101/r/s/aws4_request&X-Amz-SignedHeaders=host&X-Amz-Signature=x")
	f.Add("AWS4-HMAC-SHA256 Credential=,,=,Credential=", "X-Amz-Credential=%zz")
	f.Fuzz(func(t *testing.T, header, query string) {
		r := &http.Request{Header: http.Header{"Authorization": {header}}, URL: &url.URL{RawQuery: query}}
		s, err := ParseCredential(r)
		if err != nil {
			if fault, ok := errors.AsType[*Fault](err); !ok || fault.Code != incompleteSignature.Code || s.Signed {
				t.Fatalf("%+v, %v", s, err)
			}
			return
		}
		whole := s.AccessKey != "" && len(s.Date) == 8 && s.Region != "" && s.Service != "" && len(s.SignedHeaders) > 0
		if s.Signed != whole || !s.Signed && !cmp.Equal(s, Scope{}) {
			t.Fatalf("neither whole nor empty: %+v", s)
		}
	})
}
