package server

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"hearth/internal/session"
)

// LifeMetrics counts what happens to sessions and statements. It is a session.Observer. Labels come
// from closed sets: the dialects with their collections, causes, outcomes and statuses.
type LifeMetrics struct {
	created, ended *prometheus.CounterVec

	starts                     *prometheus.CounterVec
	startTimes, startWaits     *prometheus.HistogramVec
	statements                 *prometheus.CounterVec
	queueTimes, statementTimes *prometheus.HistogramVec
}

var _ session.Observer = (*LifeMetrics)(nil)

// NewLifeMetrics returns LifeMetrics registered with reg. It fails if reg has metrics of these
// names already.
func NewLifeMetrics(reg prometheus.Registerer) (*LifeMetrics, error) {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	histogram := func(name, help string, buckets ...float64) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, []string{"dialect"})
	}
	m := &LifeMetrics{
		created: counter("hearth_sessions_created_total", "Sessions and batches accepted.", "dialect"),
		ended:   counter("hearth_sessions_ended_total", "Sessions and batches that ended, by cause.", "dialect", "cause"),
		starts:  counter("hearth_starts_total", "Starts of instances that were let in and are over, by outcome: ready, failed, stopped.", "dialect", "outcome"),
		startTimes: histogram("hearth_start_duration_seconds", "Time from being let in to ready, of starts that got ready.",
			1, 2.5, 5, 7.5, 10, 15, 30, 60, 120, 300),
		startWaits: histogram("hearth_start_wait_seconds", "Time that starts waited to be let in.",
			0.1, 1, 5, 15, 30, 60, 120, 300, 600, 1800),
		statements: counter("hearth_statements_total", "Statements that ended, by status: ok, error, cancelled, failed.", "dialect", "status"),
		queueTimes: histogram("hearth_statement_queue_seconds", "Time from the acceptance of a statement to its run, of those that ran.",
			0.005, 0.05, 0.25, 1, 5, 30, 120, 600, 3600),
		statementTimes: histogram("hearth_statement_duration_seconds", "Time that statements ran.",
			0.05, 0.25, 1, 5, 15, 60, 300, 900, 3600, 14400),
	}
	var errs []error
	for _, c := range []prometheus.Collector{
		m.created, m.ended, m.starts, m.startTimes, m.startWaits, m.statements, m.queueTimes, m.statementTimes,
	} {
		errs = append(errs, reg.Register(c))
	}
	return m, errors.Join(errs...)
}

// SessionMoved implements session.Observer.
func (m *LifeMetrics) SessionMoved(s *session.Session, from session.State) {
	if from == "" {
		m.created.WithLabelValues(s.Origin()).Inc()
	}
	if s.State == session.StateEnded {
		m.ended.WithLabelValues(s.Origin(), string(s.Cause)).Inc()
	}
}

// StartEnded implements session.Observer.
func (m *LifeMetrics) StartEnded(s *session.Session, start session.Start) {
	m.starts.WithLabelValues(s.Origin(), string(start.Outcome)).Inc()
	m.startWaits.WithLabelValues(s.Origin()).Observe(start.Waited.Seconds())
	if start.Outcome == session.StartReady {
		m.startTimes.WithLabelValues(s.Origin()).Observe(start.Took.Seconds())
	}
}

// StatementEnded implements session.Observer.
func (m *LifeMetrics) StatementEnded(s *session.Session, st *session.Statement) {
	status := string(st.State) // cancelled or failed
	if st.State == session.StatementDone {
		status = string(st.Status) // ok or error
	}
	m.statements.WithLabelValues(s.Origin(), status).Inc()
	if st.StartedAt.IsZero() {
		return
	}
	m.queueTimes.WithLabelValues(s.Origin()).Observe(max(st.StartedAt.Sub(st.CreatedAt).Seconds(), 0))
	m.statementTimes.WithLabelValues(s.Origin()).Observe(max(st.CompletedAt.Sub(st.StartedAt).Seconds(), 0))
}
