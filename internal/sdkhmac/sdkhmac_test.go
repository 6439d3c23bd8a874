package sdkhmac

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

// vector is a request as huaweicloudsdkcore 3.1.219 signed it with the key below.
type vector struct {
	Name, Method, URI, Body string
	Headers                 map[string]string
}

const (
	accessKey = "AKEXAMPLE"
	secretKey = "the secret/key+of=example"
)

var signedAt = time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC)

func vectors(t *testing.T) []vector {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors.json")
	var all []vector
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil || len(all) < 10 {
		t.Fatalf("%d vectors: %v", len(all), err)
	}
	return all
}

// vectorNamed is one of them, as a copy that may be changed.
func vectorNamed(t *testing.T, name string) vector {
	t.Helper()
	for _, v := range vectors(t) {
		if v.Name == name {
			return v
		}
	}
	t.Fatalf("there is no vector %q", name)
	return vector{}
}

func (v vector) request(t *testing.T) *http.Request {
	t.Helper()
	r := httptest.NewRequest(v.Method, strings.ReplaceAll(v.URI, " ", "%20"), strings.NewReader(v.Body))
	r.Host = "dli.example:8998"
	for name, value := range v.Headers {
		r.Header.Set(name, value)
	}
	return r
}

func verify(v Verifier, r *http.Request, now time.Time) (Verified, error) {
	s, err := Parse(r)
	if err != nil {
		return Verified{}, err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return Verified{}, err
	}
	return v.Verify(s, r, body, now)
}

func keys() Verifier { return Verifier{Keys: map[string]string{accessKey: secretKey}} }

func TestVerify_RequestsOfTheSDK_AreAccepted(t *testing.T) {
	for _, v := range vectors(t) {
		got, err := verify(keys(), v.request(t), signedAt)
		if v.Name == "text body is unsigned" { // it could be exchanged on the way
			if !errors.Is(err, ErrMismatch) || got.AccessKey() != "" {
				t.Errorf("%s: %v, %v", v.Name, got, err)
			}
			continue
		}
		if err != nil || got.AccessKey() != accessKey {
			t.Errorf("%s: %v, %v", v.Name, got, err)
		}
	}
}

func TestVerify_OtherKeys_AreRefused(t *testing.T) {
	for _, v := range vectors(t) {
		for name, others := range map[string]map[string]string{
			"none": nil, "empty": {accessKey: ""}, "another secret": {accessKey: secretKey + "x"}, "another key": {"AKOTHER": secretKey},
		} {
			if got, err := verify(Verifier{Keys: others}, v.request(t), signedAt); !errors.Is(err, ErrMismatch) || got.AccessKey() != "" {
				t.Errorf("%s with %s: %v, %v", v.Name, name, got, err)
			}
		}
	}
}

func TestVerify_WhateverIsChanged_IsRefused(t *testing.T) {
	for what, change := range map[string]func(*http.Request){
		"method":         func(r *http.Request) { r.Method = "PUT" },
		"path":           func(r *http.Request) { r.URL.Path += "/x" },
		"query":          func(r *http.Request) { r.URL.RawQuery = "a=b" },
		"host":           func(r *http.Request) { r.Host = "dli.example" },
		"signed header":  func(r *http.Request) { r.Header.Set("Content-Type", "application/json; charset=utf-8") },
		"date":           func(r *http.Request) { r.Header.Set("X-Sdk-Date", "20261121T040001Z") },
		"body":           func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(`{"kind":"spark","queue":"r"}`)) },
		"no body":        func(r *http.Request) { r.Body = http.NoBody },
		"unsigned body":  func(r *http.Request) { r.Header.Set("X-Sdk-Content-Sha256", "UNSIGNED-PAYLOAD") },
		"another hash":   func(r *http.Request) { r.Header.Set("X-Sdk-Content-Sha256", strings.Repeat("0", 64)) },
		"signature":      func(r *http.Request) { edit(r, "Signature=", "Signature=0123456789abcdef")(64 - 16) },
		"fewer headers":  func(r *http.Request) { edit(r, "content-type;", "")(0) },
		"another signer": func(r *http.Request) { edit(r, "Access=AKEXAMPLE", "Access=AKEXAMPLF")(0) },
	} {
		r := vectorNamed(t, "post json").request(t)
		change(r)
		if got, err := verify(keys(), r, signedAt); !errors.Is(err, ErrMismatch) || got.AccessKey() != "" {
			t.Errorf("another %s: %v, %v", what, got, err)
		}
	}
}

// edit replaces a piece of the Authorization header; the rest of it, as long as keep says, stays.
func edit(r *http.Request, old, replacement string) func(keep int) {
	return func(keep int) {
		text := r.Header.Get("Authorization")
		text = strings.Replace(text, old, replacement, 1)
		if keep > 0 {
			at := strings.Index(text, replacement) + len(replacement)
			text = text[:at] + text[len(text)-keep:]
		}
		r.Header.Set("Authorization", text)
	}
}

// signedWith is a request without a body that was signed by the rules, with any secret and any list
// of headers.
func signedWith(secret, headers string) *http.Request {
	r := httptest.NewRequest("GET", "http://dli.example:8998/v2.0/p/sessions?size=1", nil)
	r.Header.Set("X-Sdk-Date", signedAt.Format(dateForm))
	s := Signature{SignedHeaders: strings.Split(headers, ";")}
	text := Algorithm + "\n" + signedAt.Format(dateForm) + "\n" + hexSum([]byte(canonical(s, r, hexSum(nil))))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	r.Header.Set("Authorization", Algorithm+" Access="+accessKey+", SignedHeaders="+headers+", Signature="+hex.EncodeToString(mac.Sum(nil)))
	return r
}

// The signer for Go of Huawei's API gateway signs the headers that a request has, and Go keeps the
// host elsewhere.
func TestVerify_HostUnsigned_IsReadAndNotVerified(t *testing.T) {
	if _, err := verify(keys(), signedWith(secretKey, "host;x-sdk-date"), signedAt); err != nil {
		t.Fatalf("with the host: %v", err)
	}
	r := signedWith(secretKey, "x-sdk-date")
	if s, err := Parse(r); err != nil || s.AccessKey != accessKey {
		t.Errorf("%+v, %v", s, err)
	}
	if got, err := verify(keys(), r, signedAt); !errors.Is(err, ErrHost) || got.AccessKey() != "" {
		t.Errorf("%v, %v", got, err)
	}
}

func TestVerify_KeyWithoutASecret_SignsNothing(t *testing.T) {
	for name, k := range map[string]Verifier{"an empty secret": {Keys: map[string]string{accessKey: ""}}, "no keys": {}} {
		if got, err := verify(k, signedWith("", "host;x-sdk-date"), signedAt); !errors.Is(err, ErrMismatch) || got.AccessKey() != "" {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestVerify_UnsignedPayload_IsRefusedUnlessThereIsNone(t *testing.T) {
	for body, want := range map[string]error{"any other body": ErrMismatch, "{}": ErrMismatch} {
		r := vectorNamed(t, "text body is unsigned").request(t)
		r.Body = io.NopCloser(strings.NewReader(body))
		if _, err := verify(keys(), r, signedAt); !errors.Is(err, want) {
			t.Errorf("%s: %v", body, err)
		}
	}
	if _, err := verify(keys(), vectorNamed(t, "empty text body").request(t), signedAt); err != nil {
		t.Errorf("no body: %v", err)
	}
}

func TestVerify_Date_MayBeAsFarAsTheSkew(t *testing.T) {
	v := vectorNamed(t, "get")
	for _, c := range []struct {
		skew time.Duration
		late time.Duration
		want error
	}{
		{0, 15 * time.Minute, nil},
		{0, -15 * time.Minute, nil},
		{0, 15*time.Minute + time.Second, ErrSkewed},
		{0, -15*time.Minute - time.Second, ErrSkewed},
		{time.Hour, time.Hour, nil},
		{time.Second, 2 * time.Second, ErrSkewed},
	} {
		k := keys()
		k.Skew = c.skew
		if _, err := verify(k, v.request(t), signedAt.Add(c.late)); !errors.Is(err, c.want) {
			t.Errorf("%v late with a skew of %v: %v", c.late, c.skew, err)
		}
	}
}

func TestParse_Malformed_IsRefused(t *testing.T) {
	sum := strings.Repeat("a", 64)
	for _, text := range []string{
		"", "SDK-HMAC-SHA256", "SDK-HMAC-SHA256 ", "Bearer x", "SDK-HMAC-SM3 Access=a, SignedHeaders=host;x-sdk-date, Signature=" + sum,
		"SDK-HMAC-SHA256 Access=a, SignedHeaders=host;x-sdk-date", "SDK-HMAC-SHA256 Access=, SignedHeaders=host;x-sdk-date, Signature=" + sum,
		"SDK-HMAC-SHA256 Access=a, SignedHeaders=host, Signature=" + sum,
		"SDK-HMAC-SHA256 Access=a, SignedHeaders=host;x-sdk-date;absent, Signature=" + sum,
		"SDK-HMAC-SHA256 Access=a, SignedHeaders=host;host;x-sdk-date, Signature=" + sum,
		"SDK-HMAC-SHA256 Access=a, SignedHeaders=Host;X-Sdk-Date, Signature=" + sum,
		"SDK-HMAC-SHA256 Access=a, SignedHeaders=host;x-sdk-date, Signature=" + sum[1:],
		"SDK-HMAC-SHA256 Access=a, SignedHeaders=host;x-sdk-date, Signature=" + strings.ToUpper(sum),
		"SDK-HMAC-SHA256 Access=a, Access=b, SignedHeaders=host;x-sdk-date, Signature=" + sum,
		"SDK-HMAC-SHA256 Access=a, SignedHeaders=host;x-sdk-date, Signature=" + sum + ", More=1",
		"SDK-HMAC-SHA256 Access=a, SignedHeaders=host;x-sdk-date;x-twice, Signature=" + sum,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("X-Sdk-Date", "20261121T040000Z")
		r.Header.Add("X-Twice", "1")
		r.Header.Add("X-Twice", "2")
		if text != "" {
			r.Header.Set("Authorization", text)
		}
		if s, err := Parse(r); !errors.Is(err, ErrMalformed) || s.AccessKey != "" {
			t.Errorf("%q is %+v, %v", text, s, err)
		}
	}
	for _, date := range []string{"", "20261121", "2026-11-21T04:00:00Z", "20261321T040000Z"} {
		r := vectorNamed(t, "get").request(t)
		r.Header.Set("X-Sdk-Date", date)
		if _, err := Parse(r); !errors.Is(err, ErrMalformed) {
			t.Errorf("the date %q: %v", date, err)
		}
	}
}

func FuzzVerify_WithoutTheKey_NeverPasses(f *testing.F) {
	f.Add("Access=AKEXAMPLE, SignedHeaders=host;x-sdk-date, Signature="+strings.Repeat("0", 64), "/v2.0/p/sessions", "a=b")
	f.Add("Access=AKEXAMPLE,SignedHeaders=x-sdk-date;host,Signature=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "/", "%zz&;")
	f.Fuzz(func(t *testing.T, parameters, path, query string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.Path, r.URL.RawQuery = path, query
		r.Header.Set("X-Sdk-Date", "20261121T040000Z")
		r.Header.Set("Authorization", Algorithm+" "+parameters)
		if got, err := verify(keys(), r, signedAt); err == nil || got.AccessKey() != "" {
			t.Errorf("%q %q %q passes", parameters, path, query)
		}
	})
}
