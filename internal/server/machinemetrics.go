package server

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"hearth/internal/engine"
	"hearth/internal/session"
)

// Gauged is what MachineMetrics reads of session.Manager.
type Gauged interface {
	Stats() session.Stats
	Usage(ctx context.Context) (engine.Usage, error)
}

// Bounds of one look at what the machine gives away: a scrape waits at most measureLimit for it,
// and scrapes closer to each other than measureEvery share it.
const (
	measureLimit = 2 * time.Second
	measureEvery = 5 * time.Second
)

// MachineMetrics shows what lives now and what it takes of the machine. It is a
// prometheus.Collector. No row of the store is read; what cannot be measured is left out.
type MachineMetrics struct {
	manager   Gauged
	storeSize func(context.Context) (int64, error)

	sessions, instances, instancesLimit, memory, memoryLimit *prometheus.Desc
	resident, spool, store                                   *prometheus.Desc
	starting, waiting, refused                               *prometheus.Desc

	mu   sync.Mutex
	at   time.Time
	last measured
}

// measured is one look; a negative number could not be read.
type measured struct{ resident, spool, store int64 }

// NewMachineMetrics returns MachineMetrics registered with reg. storeSize returns the bytes that
// the store takes. It fails if reg has metrics of these names already.
func NewMachineMetrics(reg prometheus.Registerer, m Gauged, storeSize func(context.Context) (int64, error)) (*MachineMetrics, error) {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	c := &MachineMetrics{
		manager: m, storeSize: storeSize,
		sessions:       desc("hearth_sessions", "Living sessions and batches, by state.", "dialect", "state"),
		instances:      desc("hearth_instances", "Instances that live or may live: the part of the budget that is taken."),
		instancesLimit: desc("hearth_instances_limit", "Instances that may live at once; absent if memory decides."),
		memory:         desc("hearth_budget_memory_bytes", "Memory that the instances are reckoned to take."),
		memoryLimit:    desc("hearth_budget_memory_limit_bytes", "Memory that all instances may take as reckoned; absent if their number decides."),
		resident:       desc("hearth_instances_resident_memory_bytes", "Resident memory of the processes of all instances; shared pages count for each process."),
		spool:          desc("hearth_spool_bytes", "Size of the events that living instances keep on disk."),
		store:          desc("hearth_store_bytes", "Size of the database."),
		starting:       desc("hearth_starts_running", "Starts that go on."),
		waiting:        desc("hearth_starts_waiting", "Starts that wait to be let in."),
		refused:        desc("hearth_events_refused_total", "Events of instances that were skipped because the state of the session forbids them."),
	}
	return c, reg.Register(c)
}

// Describe implements prometheus.Collector.
func (c *MachineMetrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		c.sessions, c.instances, c.instancesLimit, c.memory, c.memoryLimit, c.resident, c.spool, c.store, c.starting, c.waiting, c.refused,
	} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *MachineMetrics) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, n float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, n, labels...)
	}
	st := c.manager.Stats()
	for of, n := range st.Sessions {
		gauge(c.sessions, float64(n), of.Dialect, string(of.State))
	}
	gauge(c.instances, float64(st.Instances))
	gauge(c.memory, float64(st.MemoryMB)*(1<<20))
	if n := st.Budget.Instances; n > 0 {
		gauge(c.instancesLimit, float64(n))
	}
	if mb := st.Budget.MemoryMB; mb > 0 {
		gauge(c.memoryLimit, float64(mb)*(1<<20))
	}
	gauge(c.starting, float64(st.Starting))
	gauge(c.waiting, float64(st.Waiting))
	out <- prometheus.MustNewConstMetric(c.refused, prometheus.CounterValue, float64(st.RefusedEvents))
	now := c.measure()
	for d, n := range map[*prometheus.Desc]int64{c.resident: now.resident, c.spool: now.spool, c.store: now.store} {
		if n >= 0 {
			gauge(d, float64(n))
		}
	}
}

// measure returns the last look, or a new one if that is too old.
func (c *MachineMetrics) measure() measured {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.at.IsZero() && time.Since(c.at) < measureEvery {
		return c.last
	}
	ctx, cancel := context.WithTimeout(context.Background(), measureLimit)
	defer cancel()
	c.last = measured{-1, -1, -1}
	if u, err := c.manager.Usage(ctx); err == nil {
		c.last.resident, c.last.spool = u.MemoryBytes, u.SpoolBytes
	}
	if n, err := c.storeSize(ctx); err == nil {
		c.last.store = n
	}
	c.at = time.Now()
	return c.last
}
