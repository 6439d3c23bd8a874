package server

import (
	"context"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"hearth/internal/reqevent"
)

// Metrics counts requests:
//
//	hearth_requests_total{dialect,operation,code}        counter
//	hearth_request_duration_seconds{dialect,operation}   histogram
//
// Labels come from closed sets: dialects, their operations, error names.
type Metrics struct {
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	page      http.Handler
}

// NewMetrics returns Metrics registered with reg, whose metrics all are shown. It fails if reg has
// metrics of these names already.
func NewMetrics(reg *prometheus.Registry) (*Metrics, error) {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "hearth_requests_total", Help: "Requests answered.",
		}, []string{"dialect", "operation", "code"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "hearth_request_duration_seconds", Help: "Time to answer a request.",
			Buckets: []float64{0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10},
		}, []string{"dialect", "operation"}),
		page: promhttp.HandlerFor(reg, promhttp.HandlerOpts{}),
	}
	for _, c := range []prometheus.Collector{m.requests, m.durations} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// Observe counts one request. It fits Config.Observe.
func (m *Metrics) Observe(_ context.Context, e reqevent.Event) {
	m.requests.WithLabelValues(e.Dialect, e.Operation, e.Code).Inc()
	m.durations.WithLabelValues(e.Dialect, e.Operation).Observe(e.Duration.Seconds())
}

// ServeHTTP writes what was counted.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.page.ServeHTTP(w, r) }
