package sdkhmac

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// DefaultSkew is how far a date may be from now, as Huawei's gateway has it.
const DefaultSkew = 15 * time.Minute

// Verified is a request whose signature was compared. Only Verify makes one that is not zero, so
// that nothing can be taken for it by mistake.
type Verified struct{ accessKey string }

// AccessKey is the key that signed.
func (v Verified) AccessKey() string { return v.accessKey }

// Verifier holds keys.
type Verifier struct {
	// Keys are secret keys by access key. A key without a secret signs nothing.
	Keys map[string]string
	// Skew is how far a date may be from now; 0 is DefaultSkew.
	Skew time.Duration
}

// Verify compares the signature of a request with that of the key it names. ErrSkewed, ErrMismatch
// or ErrHost: huaweicloudsdkcore always signs the host, the signer for Go of Huawei's API gateway
// only where the request has it as a header. An unknown key is a mismatch and takes as long.
func (v Verifier) Verify(s Signature, r *http.Request, body []byte, now time.Time) (Verified, error) {
	switch {
	case now.Sub(s.Date).Abs() > cmp.Or(v.Skew, DefaultSkew):
		return Verified{}, ErrSkewed
	case !slices.Contains(s.SignedHeaders, "host"):
		return Verified{}, ErrHost
	}
	secret := v.Keys[s.AccessKey]
	payload, honest := payloadHash(r, body)
	request := canonical(s, r, payload)
	text := Algorithm + "\n" + s.Date.Format(dateForm) + "\n" + hexSum([]byte(request))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	same := hmac.Equal([]byte(hex.EncodeToString(mac.Sum(nil))), []byte(s.signature))
	if !same || secret == "" || !honest {
		return Verified{}, ErrMismatch
	}
	return Verified{accessKey: s.AccessKey}, nil
}

// unsignedPayload stands for the hash of a body that was not signed. The SDK sends it with every
// type of content but JSON and BSON, of which no API here takes any.
const unsignedPayload = "UNSIGNED-PAYLOAD"

// payloadHash returns the last line of the canonical request, and whether it covers the body.
func payloadHash(r *http.Request, body []byte) (line string, honest bool) {
	sum := hexSum(body)
	if len(body) == 0 {
		return sum, true // the SDK signs the empty hash, whatever the header says
	}
	switch sent := r.Header.Get(headerContent); sent {
	case "":
		return sum, true
	case unsignedPayload:
		return sent, false
	default:
		return sent, sent == sum
	}
}

func hexSum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// canonical is the request as its signer wrote it down.
func canonical(s Signature, r *http.Request, payload string) string {
	var headers strings.Builder
	for _, name := range s.SignedHeaders {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		headers.WriteString(name + ":" + strings.TrimSpace(value) + "\n")
	}
	return strings.Join([]string{
		r.Method, canonicalPath(r.URL.Path), canonicalQuery(r.URL.RawQuery),
		headers.String(), strings.Join(s.SignedHeaders, ";"), payload,
	}, "\n")
}

// canonicalPath encodes each segment anew and ends with a slash.
func canonicalPath(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		segments[i] = escape(segment)
	}
	return strings.TrimSuffix(strings.Join(segments, "/"), "/") + "/"
}

// canonicalQuery sorts the pairs by name, then value, and encodes them anew.
func canonicalQuery(raw string) string {
	type pair struct{ name, value string }
	var pairs []pair
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		pairs = append(pairs, pair{unescape(name), unescape(value)})
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.value, b.value))
	})
	encoded := make([]string, len(pairs))
	for i, p := range pairs {
		encoded[i] = escape(p.name) + "=" + escape(p.value)
	}
	return strings.Join(encoded, "&")
}

// unescape decodes; what is no encoding is taken as it stands, and then matches no signature.
func unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

// escape encodes every byte but letters, digits and "-_.~".
func escape(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}
