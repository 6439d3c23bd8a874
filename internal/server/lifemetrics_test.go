package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"hearth/internal/engine"
	"hearth/internal/reqevent"
	"hearth/internal/session"
)

// machine is a Gauged with fixed counts.
type machine struct {
	stats session.Stats
	usage engine.Usage
	err   error
	looks int
}

func (m *machine) Stats() session.Stats { return m.stats }

func (m *machine) Usage(context.Context) (engine.Usage, error) {
	m.looks++
	return m.usage, m.err
}

// exported is everything that a server exports, with one of each of what it counts.
func exported(t *testing.T, m *machine, storeSize func(context.Context) (int64, error)) (text func() string) {
	t.Helper()
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	requests, err := NewMetrics(reg)
	if err != nil {
		t.Fatal(err)
	}
	lives, err := NewLifeMetrics(reg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewMachineMetrics(reg, m, storeSize); err != nil {
		t.Fatal(err)
	}
	requests.Observe(t.Context(), reqevent.Event{Dialect: "glue", Operation: "GetSession"})
	s := session.Session{Ref: session.Ref{Dialect: "livy", Collection: "batches"}, State: session.StateStarting}
	lives.SessionMoved(&s, "")
	s.State, s.Cause = session.StateEnded, session.CauseCrashed
	lives.SessionMoved(&s, session.StateBusy)
	lives.StartEnded(&s, session.Start{Outcome: session.StartReady, Waited: 20 * time.Second, Took: 4 * time.Second})
	lives.StartEnded(&s, session.Start{Outcome: session.StartFailed, Took: time.Minute})
	at := time.Unix(1000, 0)
	lives.StatementEnded(&s, &session.Statement{
		State: session.StatementDone, Status: engine.StatusError, CreatedAt: at, StartedAt: at.Add(2 * time.Second), CompletedAt: at.Add(9 * time.Second),
	})
	lives.StatementEnded(&s, &session.Statement{State: session.StatementCancelled, CreatedAt: at, CompletedAt: at})
	return func() string {
		w := httptest.NewRecorder()
		requests.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
		return w.Body.String()
	}
}

func busyMachine() *machine {
	return &machine{
		stats: session.Stats{
			Sessions:  map[session.Origin]int{{Dialect: "glue", State: session.StateIdle}: 3},
			Instances: 4, MemoryMB: 2, Budget: session.Budget{Instances: 9, MemoryMB: 3}, Starting: 1, Waiting: 5, RefusedEvents: 6,
		},
		usage: engine.Usage{MemoryBytes: 1000, SpoolBytes: 2000},
	}
}

func sized(n int64, err error) func(context.Context) (int64, error) {
	return func(context.Context) (int64, error) { return n, err }
}

func TestMetrics_OfSessionsAndTheMachine_AreExported(t *testing.T) {
	text := exported(t, busyMachine(), sized(3000, nil))()
	for _, want := range []string{
		`hearth_sessions{dialect="glue",state="idle"} 3`,
		`hearth_sessions_created_total{dialect="livy/batches"} 1`,
		`hearth_sessions_ended_total{cause="crashed",dialect="livy/batches"} 1`,
		`hearth_starts_total{dialect="livy/batches",outcome="failed"} 1`,
		`hearth_start_duration_seconds_sum{dialect="livy/batches"} 4`,
		`hearth_start_wait_seconds_sum{dialect="livy/batches"} 20`,
		`hearth_statements_total{dialect="livy/batches",status="error"} 1`,
		`hearth_statements_total{dialect="livy/batches",status="cancelled"} 1`,
		`hearth_statement_queue_seconds_sum{dialect="livy/batches"} 2`,
		`hearth_statement_duration_seconds_sum{dialect="livy/batches"} 7`,
		`hearth_statement_duration_seconds_count{dialect="livy/batches"} 1`,
		"hearth_instances 4", "hearth_instances_limit 9", "hearth_budget_memory_bytes 2.097152e+06", "hearth_budget_memory_limit_bytes 3.145728e+06",
		"hearth_starts_running 1", "hearth_starts_waiting 5", "hearth_events_refused_total 6",
		"hearth_instances_resident_memory_bytes 1000", "hearth_spool_bytes 2000", "hearth_store_bytes 3000",
	} {
		if !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestMetrics_WhatCannotBeMeasured_IsLeftOutAndNothingElse(t *testing.T) {
	m := busyMachine()
	m.err = errors.New("no process table")
	text := exported(t, m, sized(0, errors.New("the database is away")))()
	for _, gone := range []string{"\nhearth_store_bytes", "\nhearth_spool_bytes", "\nhearth_instances_resident"} {
		if strings.Contains(text, gone) {
			t.Errorf("%q is in\n%s", gone, text)
		}
	}
	if !strings.Contains(text, "\nhearth_instances 4\n") {
		t.Errorf("no instances in\n%s", text)
	}
}

func TestMetrics_OfAStoreThatHangs_ComeAllTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		text := exported(t, busyMachine(), func(ctx context.Context) (int64, error) {
			<-ctx.Done()
			return 0, ctx.Err()
		})
		if got := text(); !strings.Contains(got, "\nhearth_instances 4\n") || strings.Contains(got, "\nhearth_store_bytes") {
			t.Error(got)
		}
	})
}

func TestMetrics_ScrapedAgainAtOnce_MeasureOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := busyMachine()
		text := exported(t, m, sized(1, nil))
		for range 10 {
			text()
		}
		if m.looks != 1 {
			t.Errorf("10 scrapes looked %d times", m.looks)
		}
		time.Sleep(measureEvery)
		if text(); m.looks != 2 {
			t.Errorf("a later scrape makes it %d looks, want 2", m.looks)
		}
	})
}

var (
	used    = regexp.MustCompile(`\b(?:hearth|process|go)_[a-z_]+\b`)
	typed   = regexp.MustCompile(`(?m)^# TYPE (\S+) (\S+)$`)
	exprKey = regexp.MustCompile(`^(?:expr|query|definition)$`)
)

func TestGrafana_OfTheDashboard_NamesMetricsThatAreExportedAlone(t *testing.T) {
	names := map[string]bool{}
	for _, m := range typed.FindAllStringSubmatch(exported(t, busyMachine(), sized(1, nil))(), -1) {
		names[m[1]] = true
		if m[2] == "histogram" {
			names[m[1]+"_bucket"], names[m[1]+"_sum"], names[m[1]+"_count"] = true, true, true
		}
	}
	text, err := os.ReadFile("../../docs/grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	var board any
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	var walk func(key string, v any)
	walk = func(key string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, inner := range v {
				walk(k, inner)
			}
		case []any:
			for _, inner := range v {
				walk(key, inner)
			}
		case string:
			if exprKey.MatchString(key) {
				for _, name := range used.FindAllString(v, -1) {
					found[name] = true
				}
			}
		}
	}
	walk("", board)
	for name := range found {
		if !names[name] {
			t.Errorf("the dashboard uses %s, which is not exported", name)
		}
	}
	for name := range names {
		base := strings.HasPrefix(name, "hearth_") && !strings.HasSuffix(name, "_sum") && !strings.HasSuffix(name, "_count")
		if base && !found[name] && !found[name+"_bucket"] && name != "hearth_sessions_created_total" {
			t.Errorf("the dashboard does not show %s", name)
		}
	}
}
