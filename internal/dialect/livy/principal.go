package livy

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"hearth/internal/auth"
)

// userOf names who makes a request: the user of Basic credentials, the subject of a bearer token,
// or the access key of a signature that the server read. "" without any. Nothing of it is verified
// here; that is the server's.
func userOf(r *http.Request) (string, error) {
	header := r.Header.Get("Authorization")
	if header == "" || strings.HasPrefix(header, "AWS4-") {
		return auth.From(r.Context()).AccessKey, nil
	}
	scheme, rest, _ := strings.Cut(header, " ")
	rest = strings.TrimSpace(rest)
	var user string
	switch {
	case strings.EqualFold(scheme, "Basic"):
		user = basicUser(rest)
	case strings.EqualFold(scheme, "Bearer"):
		user = bearerUser(rest)
	default:
		return "", unauthenticated("The authentication scheme is not supported: use Basic or Bearer.")
	}
	if user == "" {
		return "", unauthenticated("The credentials cannot be read.")
	}
	return user, nil
}

func unauthenticated(msg string) error {
	return &failure{status: http.StatusUnauthorized, body: message{msg}}
}

// basicUser is the user of base64 "user:password", "" if it is malformed.
func basicUser(coded string) string {
	text, err := base64.StdEncoding.DecodeString(coded)
	if err != nil {
		return ""
	}
	user, _, ok := strings.Cut(string(text), ":")
	if !ok || !printable(user) {
		return ""
	}
	return user
}

// bearerUser is the subject of a JWT; any other token is named by its digest, because the token
// itself must not be shown.
func bearerUser(token string) string {
	if token == "" || strings.ContainsAny(token, " ,") || !printable(token) {
		return ""
	}
	if parts := strings.Split(token, "."); len(parts) == 3 {
		var claims struct {
			User    string `json:"preferred_username"`
			Subject string `json:"sub"`
		}
		text, err := base64.RawURLEncoding.DecodeString(parts[1])
		if err == nil && json.Unmarshal(text, &claims) == nil {
			if user := cmp.Or(claims.User, claims.Subject); user != "" && printable(user) {
				return user
			}
		}
	}
	sum := sha256.Sum256([]byte(token))
	return "bearer-" + hex.EncodeToString(sum[:4])
}

// printable reports whether a text can be shown in one line.
func printable(s string) bool {
	return utf8.RuneCountInString(s) <= 255 && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}
