package iam

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"hearth/internal/auth"
)

func call(t *testing.T, form url.Values) (int, string) {
	t.Helper()
	r := httptest.NewRequest("POST", "/", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	New(nil).ServeHTTP(w, r.WithContext(auth.With(t.Context(), auth.User("000000000000", "us-east-1", "AKIDX"))))
	return w.Code, w.Body.String()
}

func TestGetRole_AnyName_IsARoleOfTheAccount(t *testing.T) {
	status, body := call(t, url.Values{"Action": {"GetRole"}, "Version": {version}, "RoleName": {"Glue_Role+1"}})
	if status != 200 || !strings.Contains(body, "<Arn>arn:aws:iam::000000000000:role/Glue_Role+1</Arn>") {
		t.Fatalf("%d %s", status, body)
	}
	m := regexp.MustCompile("<AssumeRolePolicyDocument>(.*)</AssumeRolePolicyDocument>").FindStringSubmatch(body)
	policy, err := url.PathUnescape(m[1])
	if err != nil || !json.Valid([]byte(policy)) {
		t.Errorf("policy %s, %v", policy, err)
	}
}

func TestGetRole_BadNames_AreRefused(t *testing.T) {
	for _, name := range []string{"", "a/b", strings.Repeat("x", 65)} {
		if status, body := call(t, url.Values{"Action": {"GetRole"}, "RoleName": {name}}); status != 400 || !strings.Contains(body, "ValidationError") {
			t.Errorf("%q: %d %s", name, status, body)
		}
	}
}
