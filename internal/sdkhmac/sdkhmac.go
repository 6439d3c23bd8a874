// Package sdkhmac verifies requests that carry an SDK-HMAC-SHA256 signature, the access-key
// signature of Huawei Cloud's APIs.
//
// It follows what the signer of huaweicloudsdkcore 3.1.219 (PyPI) produces; its requests are this
// package's test vectors. It knows no API, no tenant and no error body: who the signer is and
// whether the signature is right, no more.
package sdkhmac

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Algorithm is the first word of the Authorization header.
const Algorithm = "SDK-HMAC-SHA256"

// Names of headers that have a meaning in a signature.
const (
	headerDate    = "X-Sdk-Date"
	headerContent = "X-Sdk-Content-Sha256"
)

// dateForm is how X-Sdk-Date is written, always in UTC.
const dateForm = "20060102T150405Z"

// Errors of a signature. Their texts are safe for the client: they say nothing of the key nor of
// what was expected.
var (
	// ErrMalformed: the signature cannot be read.
	ErrMalformed = errors.New("the signature is malformed")
	// ErrSkewed: the date is too far from now.
	ErrSkewed = errors.New("the date of the signature is too far from now")
	// ErrHost: the host is not signed, so that the request could be meant for any server whose keys
	// are the same.
	ErrHost = errors.New("the signature does not cover the host")
	// ErrMismatch says that no known key signed the request like this.
	ErrMismatch = errors.New("the signature does not match")
)

// Signature is what a request says of its signature. Nothing of it is verified.
type Signature struct {
	AccessKey string
	// SignedHeaders are lower-case names in the order in which they were signed.
	SignedHeaders []string
	Date          time.Time

	signature string
}

// Parse reads the signature of a request. ErrMalformed if there is none, or none that could be
// right: the date is always signed, every signed header is there exactly once.
func Parse(r *http.Request) (Signature, error) {
	var s Signature
	lines := r.Header.Values("Authorization")
	if len(lines) != 1 {
		return s, ErrMalformed
	}
	algorithm, rest, _ := strings.Cut(lines[0], " ")
	parts, ok := parameters(rest)
	if algorithm != Algorithm || !ok {
		return s, ErrMalformed
	}
	s.AccessKey, s.signature = parts["Access"], parts["Signature"]
	s.SignedHeaders = strings.Split(parts["SignedHeaders"], ";")
	if s.AccessKey == "" || !hex64(s.signature) || !s.signs(r) {
		return Signature{}, ErrMalformed
	}
	date, err := time.Parse(dateForm, r.Header.Get(headerDate))
	if err != nil {
		return Signature{}, ErrMalformed
	}
	s.Date = date
	return s, nil
}

// parameters reads "Access=a, SignedHeaders=b;c, Signature=d": each exactly once and nothing else.
func parameters(text string) (map[string]string, bool) {
	parts := map[string]string{}
	for part := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if _, twice := parts[name]; twice || !ok || !slices.Contains([]string{"Access", "SignedHeaders", "Signature"}, name) {
			return nil, false
		}
		parts[name] = value
	}
	return parts, len(parts) == 3
}

// signs reports whether the list of signed headers can be that of the request.
func (s Signature) signs(r *http.Request) bool {
	seen := map[string]bool{}
	for _, name := range s.SignedHeaders {
		if name == "" || name != strings.ToLower(name) || seen[name] {
			return false
		}
		seen[name] = true
		if name != "host" && len(r.Header.Values(name)) != 1 {
			return false
		}
	}
	return seen[strings.ToLower(headerDate)]
}

func hex64(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}
