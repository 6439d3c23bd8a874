package awsapi

import (
	"net/http"
	"strings"
)

const (
	sigAlgorithm  = "AWS4-HMAC-SHA256"
	sigTerminator = "aws4_request"
)

// Scope is what a request says about its own signature: who signed it and for which day, region and
// service. Nothing of it has been verified.
type Scope struct {
	AccessKey     string
	Date          string // YYYYMMDD
	Region        string
	Service       string
	SignedHeaders []string
	Signed        bool // false: the request carries no AWS signature, and the rest is empty
}

// ParseCredential reads the scope from the Authorization header or, for presigned requests, from
// the query. A request without an AWS signature is no error. A signature that is there but cannot
// be read is an IncompleteSignatureException.
func ParseCredential(r *http.Request) (Scope, error) {
	if header := r.Header.Get("Authorization"); header != "" {
		algorithm, rest, _ := strings.Cut(header, " ")
		if !strings.HasPrefix(algorithm, "AWS4-") {
			return Scope{}, nil // a bearer token, say
		}
		return parseSignature(algorithm, parseAuthorization(rest))
	}
	if r.URL == nil || !strings.Contains(r.URL.RawQuery, "X-Amz-") {
		return Scope{}, nil
	}
	query := r.URL.Query()
	if !query.Has("X-Amz-Credential") && !query.Has("X-Amz-Algorithm") {
		return Scope{}, nil
	}
	return parseSignature(query.Get("X-Amz-Algorithm"), map[string]string{
		"Credential":    query.Get("X-Amz-Credential"),
		"SignedHeaders": query.Get("X-Amz-SignedHeaders"),
		"Signature":     query.Get("X-Amz-Signature"),
	})
}

func parseAuthorization(s string) map[string]string {
	parts := map[string]string{}
	for part := range strings.SplitSeq(s, ",") {
		if name, value, ok := strings.Cut(strings.TrimSpace(part), "="); ok {
			parts[name] = value
		}
	}
	return parts
}

func parseSignature(algorithm string, parts map[string]string) (Scope, error) {
	if algorithm != sigAlgorithm {
		return Scope{}, incompleteSignature.New("The signing algorithm must be " + sigAlgorithm)
	}
	for _, name := range []string{"Credential", "SignedHeaders", "Signature"} {
		if parts[name] == "" {
			return Scope{}, incompleteSignature.Newf("The signature requires '%s'", name)
		}
	}
	scope, ok := parseScope(parts["Credential"])
	if !ok {
		return Scope{}, incompleteSignature.New("'Credential' must have the form access-key/date/region/service/" + sigTerminator)
	}
	scope.SignedHeaders = strings.Split(parts["SignedHeaders"], ";")
	return scope, nil
}

// parseScope reads from the right: emulators' clients use access keys of any form, with slashes
// too.
func parseScope(credential string) (Scope, bool) {
	parts := strings.Split(credential, "/")
	if len(parts) < 5 {
		return Scope{}, false
	}
	key, tail := strings.Join(parts[:len(parts)-4], "/"), parts[len(parts)-4:]
	if key == "" || !isDate(tail[0]) || tail[1] == "" || tail[2] == "" || tail[3] != sigTerminator {
		return Scope{}, false
	}
	return Scope{AccessKey: key, Date: tail[0], Region: tail[1], Service: tail[2], Signed: true}, true
}

func isDate(s string) bool {
	return len(s) == 8 && strings.Trim(s, "0123456789") == ""
}
