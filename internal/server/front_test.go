package server

import (
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// follow goes where redirects lead, as clients that ask for / do.
func (h *fixture) follow(t *testing.T, path string) (string, string) {
	t.Helper()
	for range 5 {
		w := h.send("GET", path, "")
		if w.Code != http.StatusFound {
			if w.Code != http.StatusOK {
				t.Errorf("GET %s ends in %d", path, w.Code)
			}
			return path, w.Body.String()
		}
		path = w.Header().Get("Location")
	}
	t.Fatalf("redirects have no end: %s", path)
	return "", ""
}

func TestFront_TheRoot_EndsInAPageThatNamesWhatAnswers(t *testing.T) {
	h := newFixture(t, func(c *Config) {
		routed(c, "livy", http.NotFoundHandler(), "/batches", "/batches/")
		routed(c, "dli", http.NotFoundHandler(), "/v2.0/")
	})
	for _, path := range []string{"/", "/ui", "/ui/"} {
		end, text := h.follow(t, path)
		if end != "/ui/" || !strings.Contains(text, "livy       /batches\n") || !strings.Contains(text, "dli        /v2.0/…\n") || strings.Contains(text, "/batches/") || strings.Contains(text, "/metrics") {
			t.Errorf("%s ends at %s with\n%s", path, end, text)
		}
	}
	if w := h.send("GET", "/ui/session/0", ""); w.Code != http.StatusNotFound {
		t.Errorf("a page of Livy's own UI: %d", w.Code)
	}
}

func TestMetrics_BelowLivysPath_AreOurs(t *testing.T) {
	m, err := NewMetrics(prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	h := newFixture(t, func(c *Config) { c.Observe, c.Metrics = m.Observe, m })
	for path, text := range map[string]string{
		"/metrics": "hearth_requests_total", "/metrics/": "hearth_requests_total", "/metrics/metrics": "hearth_requests_total",
		"/metrics/ping": "pong\n", "/metrics/healthcheck": "ok\n",
	} {
		h.send("GET", "/healthz", "")
		if w := h.send("GET", path, ""); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), text) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	for path, status := range map[string]int{"/metrics/threads": 404, "/metrics/pprof": 404, "/ping": 404} {
		if w := h.send("GET", path, ""); w.Code != status {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	h.Leave()
	if w := h.send("GET", "/metrics/healthcheck", ""); w.Code != http.StatusServiceUnavailable {
		t.Errorf("a server that leaves is healthy: %d", w.Code)
	}
}
