package server

import (
	"net/http"
	"strings"
	"testing"
)

func TestGuard_OfHosts_KnowsLoopbackAndWhatIsConfigured(t *testing.T) {
	h := newFixture(t)
	for host, welcome := range map[string]bool{
		"127.0.0.1": true, "127.0.0.1:8998": true, "127.9.9.9:1": true, "localhost": true, "LOCALHOST.:8998": true,
		"app.localhost:8998": true, "[::1]:8998": true, "[::1]": true, "::1": true, "[::ffff:127.0.0.1]:1": true,
		"hearth.example": true, "Hearth.Example:8998": true, "a.below.example": true,
		"": false, "evil.example": false, "evil.example:8998": false, "127.0.0.1.evil.example": false, "localhost.evil.example": false,
		"below.example": false, "xbelow.example": false, "0.0.0.0": false, "[::]": false, "10.0.0.1": false, "169.254.169.254": false,
		"127.0.0.1@evil.example": false, "2130706433": false, "evil.example:127.0.0.1": false,
	} {
		for _, headers := range [][]string{nil, {"Authorization", signed("glue")}} {
			w := h.send("GET", "/healthz", "", append(headers, "Host", host)...)
			if refused := w.Code == http.StatusMisdirectedRequest; refused == welcome {
				t.Errorf("%q: %d %s", host, w.Code, w.Body)
			}
		}
	}
}

func TestGuard_OfBrowsers_RefusesWhatPagesCanSend(t *testing.T) {
	h := newFixture(t, func(c *Config) {
		routed(c, "livy", tell("livy"), "/sessions")
	})
	const evil, own = "http://evil.example", "http://127.0.0.1:8998"
	target := []string{"X-Amz-Target", "AWSGlue.GetSession", "Content-Type", "application/x-amz-json-1.1"}
	for name, c := range map[string]struct {
		method, path string
		headers      []string
		want         int
	}{
		"a program":                        {"POST", "/sessions", []string{"Content-Type", "application/json"}, 200},
		"a program without content type":   {"POST", "/sessions", nil, 200},
		"a signed program":                 {"POST", "/", []string{"Authorization", signed("glue")}, 200},
		"a form":                           {"POST", "/sessions", []string{"Content-Type", "application/x-www-form-urlencoded", "Origin", evil, "Sec-Fetch-Site", "cross-site"}, 403},
		"a fetch in text/plain":            {"POST", "/", append([]string{"Origin", evil, "Sec-Fetch-Site", "cross-site"}, target...), 403},
		"an old browser":                   {"POST", "/sessions", []string{"Content-Type", "text/plain", "Origin", evil}, 403},
		"a very old browser":               {"POST", "/sessions", []string{"Content-Type", "text/plain", "User-Agent", "Mozilla/5.0"}, 403},
		"a sandboxed frame":                {"POST", "/sessions", []string{"Content-Type", "application/json", "Origin", "null"}, 403},
		"a neighbour on another port":      {"POST", "/sessions", []string{"Content-Type", "application/json", "Origin", "http://localhost:3000", "Sec-Fetch-Site", "same-site"}, 403},
		"a rebound name":                   {"POST", "/sessions", []string{"Content-Type", "application/json", "Host", "evil.example", "Origin", evil, "Sec-Fetch-Site", "same-origin"}, 421},
		"our own page":                     {"POST", "/sessions", []string{"Content-Type", "application/json", "Origin", own, "Sec-Fetch-Site", "same-origin"}, 200},
		"our own page's form":              {"POST", "/sessions", []string{"Content-Type", "application/x-www-form-urlencoded", "Origin", own, "Sec-Fetch-Site", "same-origin"}, 200},
		"our own page in an old browser":   {"POST", "/sessions", []string{"Content-Type", "application/json", "Origin", own}, 200},
		"a link with a signature in it":    {"POST", "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A/20260101/r/glue/aws4_request&X-Amz-SignedHeaders=host&X-Amz-Signature=0", []string{"Origin", evil, "Sec-Fetch-Site", "cross-site"}, 403},
		"another kind of authorization":    {"DELETE", "/sessions", []string{"Authorization", "Basic eDp5", "Origin", evil, "Sec-Fetch-Site", "cross-site"}, 403},
		"a socket":                         {"GET", "/sessions", []string{"Upgrade", "websocket", "Connection", "Upgrade", "Origin", evil, "Sec-Fetch-Site", "cross-site"}, 403},
		"a socket of an old browser":       {"GET", "/sessions", []string{"Upgrade", "websocket", "Connection", "Upgrade", "Origin", evil}, 403},
		"a navigation, which reads only":   {"GET", "/healthz", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}, 200},
		"a preflight":                      {"OPTIONS", "/", []string{"Origin", evil, "Access-Control-Request-Method", "POST"}, 404},
		"a delete without a body":          {"DELETE", "/sessions", []string{"Origin", evil, "Sec-Fetch-Site", "cross-site"}, 403},
		"a typed address can still post":   {"POST", "/sessions", []string{"Content-Type", "application/json", "Sec-Fetch-Site", "none"}, 200},
		"a page's JSON in the form's type": {"POST", "/sessions", []string{"Content-Type", "multipart/form-data; boundary=x", "Referer", evil}, 403},
	} {
		w := h.send(c.method, c.path, "{}", c.headers...)
		if w.Code != c.want {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		for key := range w.Header() {
			if strings.HasPrefix(key, "Access-Control-") {
				t.Errorf("%s: the answer has %s", name, key)
			}
		}
	}
}

func TestGuard_OfPaths_RefusesWhatMeansAnother(t *testing.T) {
	h := newFixture(t)
	for _, path := range []string{"//", "//healthz", "/x/../healthz", "/..", "/%2e%2e/healthz", "/a//b", "/./healthz", "/a/.", "/%5c..%5chealthz", "/a%00b"} {
		w := h.send("GET", path, "")
		if w.Code != http.StatusBadRequest || w.Header().Get("Location") != "" {
			t.Errorf("%s: %d %q", path, w.Code, w.Header().Get("Location"))
		}
	}
	for _, path := range []string{"/healthz", "/healthz?x=//../"} {
		if w := h.send("GET", path, ""); w.Code != http.StatusOK {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}
