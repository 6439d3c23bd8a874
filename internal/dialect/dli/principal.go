package dli

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"hearth/internal/sdkhmac"
	"hearth/internal/session"
)

// headerToken carries the token of Huawei's identity service.
const headerToken = "X-Auth-Token"

// maxToken is the longest token in bytes. Those of the identity service have some thousand
// characters.
const maxToken = 32 << 10

// principal names who makes a request: the user of a token, or the access key of a signature. ""
// without either, where none is needed.
func (d *api) principal(r *http.Request, body []byte) (string, error) {
	_, token := r.Header[headerToken]
	_, signed := r.Header["Authorization"]
	switch {
	case token && signed:
		return "", unauthenticated("The request has both a token and a signature.", nil)
	case token:
		return d.tokenUser(r)
	case signed:
		return d.signer(r, body)
	case d.guarded():
		return "", unauthenticated("The request has neither an X-Auth-Token nor a signature.", nil)
	}
	return "", nil
}

// guarded reports whether credentials are checked.
func (s *Settings) guarded() bool { return len(s.Keys) > 0 || len(s.Tokens) > 0 }

// mayName refuses a project that is not among those of the one who asks.
func (s *Settings) mayName(user, project string) error {
	if projects, limited := s.Projects[user]; limited && !slices.Contains(projects, project) {
		return &session.Error{Kind: session.Forbidden, Msg: "The project " + project + " is not one of those of the credentials."}
	}
	return nil
}

// tokenUser is the user of a token: that of the table or, where nothing is checked, a digest,
// because the token itself must not be shown.
func (d *api) tokenUser(r *http.Request) (string, error) {
	values := r.Header.Values(headerToken)
	if len(values) != 1 || !wellFormed(values[0]) {
		return "", unauthenticated("The X-Auth-Token is malformed.", nil)
	}
	if !d.guarded() {
		sum := sha256.Sum256([]byte(values[0]))
		return "token-" + hex.EncodeToString(sum[:4]), nil
	}
	user := ""
	for known, name := range d.Tokens {
		if subtle.ConstantTimeCompare([]byte(known), []byte(values[0])) == 1 {
			user = name
		}
	}
	if user == "" {
		return "", unauthenticated("The X-Auth-Token is not valid.", nil)
	}
	return user, nil
}

// wellFormed reports whether a text can be a token: visible ASCII in one piece.
func wellFormed(token string) bool {
	return token != "" && len(token) <= maxToken && !strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' })
}

// signer is the access key of a signature, which must match if keys are known.
func (d *api) signer(r *http.Request, body []byte) (string, error) {
	signature, err := sdkhmac.Parse(r)
	if err != nil || !wellFormed(signature.AccessKey) {
		return "", unauthenticated("The Authorization header is not a signature of "+sdkhmac.Algorithm+".", err)
	}
	if !d.guarded() {
		return signature.AccessKey, nil
	}
	verified, err := d.verifier.Verify(signature, r, body, time.Now())
	switch {
	case errors.Is(err, sdkhmac.ErrSkewed):
		return "", unauthenticated("The X-Sdk-Date of the signature is too far from now.", err)
	case errors.Is(err, sdkhmac.ErrHost):
		return "", unauthenticated("The signature does not cover the host: host must be among its SignedHeaders.", err)
	case err != nil:
		return "", unauthenticated("The signature does not match the request.", err)
	}
	return verified.AccessKey(), nil
}
