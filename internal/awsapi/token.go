package awsapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
)

// A page token is base64url of: the version, the binding, the position as JSON. Tokens are opaque
// to clients but not secret and not signed: a position must grant nothing that the list itself does
// not.
const (
	tokenVersion  = 1
	tokenBinding  = 16
	tokenHeader   = 1 + tokenBinding
	tokenMaxBytes = 4096
)

// ErrToken says that a page token is not one of ours, is of another version, or belongs to another
// list or filter.
var ErrToken = errors.New("awsapi: invalid page token")

// EncodeToken makes a page token from a position in a list, bound to the operation and its filters,
// which may be anything that encodes to the same JSON on every page (so without page size and
// token).
func EncodeToken(operation string, filters, position any) (string, error) {
	bound, err := bind(operation, filters)
	if err != nil {
		return "", err
	}
	at, err := json.Marshal(position)
	if err != nil {
		return "", fmt.Errorf("encode page token of %s: %w", operation, err)
	}
	raw := append(append([]byte{tokenVersion}, bound...), at...)
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

// DecodeToken reads the position out of a token of the same operation and filters. Everything else
// is ErrToken.
func DecodeToken[T any](token, operation string, filters any) (T, error) {
	var position T
	bound, err := bind(operation, filters)
	if err != nil {
		return position, err
	}
	if len(token) > tokenMaxBytes {
		return position, ErrToken
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < tokenHeader || raw[0] != tokenVersion || !bytes.Equal(raw[1:tokenHeader], bound) {
		return position, ErrToken
	}
	d := json.NewDecoder(bytes.NewReader(raw[tokenHeader:]))
	d.DisallowUnknownFields()
	if err := d.Decode(&position); err != nil || d.More() {
		var none T
		return none, ErrToken
	}
	return position, nil
}

func bind(operation string, filters any) ([]byte, error) {
	canonical, err := json.Marshal([]any{operation, filters})
	if err != nil {
		return nil, fmt.Errorf("bind page token of %s: %w", operation, err)
	}
	sum := sha256.Sum256(canonical)
	return sum[:tokenBinding], nil
}
