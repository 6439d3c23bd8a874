//go:build e2e

package harness

import (
	"io"
	"net/http"
)

// plainBodies is a transport that sends request bodies through Read alone.
//
// smithy-go 1.28.8 closes the body of a request as soon as the answer begins, and its WriteTo then
// returns io.EOF, which net/http takes for a failed request: it closes the connection under the
// answer. A server on this machine answers early enough for that whenever the cores are busy.
type plainBodies struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (p plainBodies) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r = r.Clone(r.Context())
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return p.next.RoundTrip(r)
}
