package server

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"hearth/internal/event"
)

// buckets are upper bounds of request durations in seconds.
var buckets = []float64{0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10}

// Metrics counts requests and writes them in Prometheus' text format (0.0.4):
//
//	hearth_requests_total{dialect,operation,code}           counter
//	hearth_request_duration_seconds{dialect,operation}      histogram
//
// Labels come from closed sets: dialects, their operations, error names. It is a
// stand-in for client_golang that needs no module; Observe is the place to put
// that in.
type Metrics struct {
	mu        sync.Mutex
	requests  map[[3]string]uint64
	durations map[[2]string]*histogram
}

type histogram struct {
	counts []uint64 // per bucket, not cumulative
	count  uint64
	sum    float64
}

// NewMetrics returns Metrics that have seen nothing.
func NewMetrics() *Metrics {
	return &Metrics{requests: map[[3]string]uint64{}, durations: map[[2]string]*histogram{}}
}

// Observe counts one request. It fits Config.Observe.
func (m *Metrics) Observe(_ context.Context, e event.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests[[3]string{e.Dialect, e.Operation, e.Code}]++
	key := [2]string{e.Dialect, e.Operation}
	h := m.durations[key]
	if h == nil {
		h = &histogram{counts: make([]uint64, len(buckets))}
		m.durations[key] = h
	}
	h.count++
	h.sum += e.Duration.Seconds()
	if i := slices.IndexFunc(buckets, func(b float64) bool { return e.Duration.Seconds() <= b }); i >= 0 {
		h.counts[i]++
	}
}

// ServeHTTP writes what was counted.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	io.WriteString(w, m.text()) // a client that is gone is no news to anybody
}

func (m *Metrics) text() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var b strings.Builder
	b.WriteString("# HELP hearth_requests_total Requests answered.\n# TYPE hearth_requests_total counter\n")
	for _, k := range slices.SortedFunc(maps.Keys(m.requests), compare3) {
		fmt.Fprintf(&b, "hearth_requests_total{%s,code=%s} %d\n", labels(k[0], k[1]), value(k[2]), m.requests[k])
	}
	const name = "hearth_request_duration_seconds"
	fmt.Fprintf(&b, "# HELP %s Time to answer a request.\n# TYPE %[1]s histogram\n", name)
	for _, k := range slices.SortedFunc(maps.Keys(m.durations), compare2) {
		h, total, shown := m.durations[k], uint64(0), labels(k[0], k[1])
		for i, bound := range buckets {
			total += h.counts[i]
			fmt.Fprintf(&b, "%s_bucket{%s,le=\"%g\"} %d\n", name, shown, bound, total)
		}
		fmt.Fprintf(&b, "%s_bucket{%s,le=\"+Inf\"} %d\n%[1]s_sum{%[2]s} %[4]g\n%[1]s_count{%[2]s} %[3]d\n", name, shown, h.count, h.sum)
	}
	return b.String()
}

func labels(dialect, operation string) string {
	return "dialect=" + value(dialect) + ",operation=" + value(operation)
}

var escapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func value(s string) string { return `"` + escapes.Replace(s) + `"` }

func compare3(a, b [3]string) int { return slices.Compare(a[:], b[:]) }

func compare2(a, b [2]string) int { return slices.Compare(a[:], b[:]) }
