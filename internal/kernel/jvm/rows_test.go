package jvm_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"hearth/internal/engine"
	"hearth/internal/kernel"
)

// testRowCap asks for as many rows as a result shows and for one more, of queries
// whose plans tell how many rows they have and of queries whose plans do not.
func testRowCap(t *testing.T, s *session) {
	const shown = 1000 // by default
	for _, test := range []struct {
		query string
		rows  int
		cut   bool
	}{
		{"select id from range(1000)", shown, false},
		{"select id from range(1001)", shown, true},
		{"select explode(sequence(1, 1000))", shown, false},
		{"select explode(sequence(1, 1001))", shown, true},
		{"select id from range(5000) order by id desc limit 1000", shown, false},
		{"select id from range(5000) order by id desc limit 1001", shown, true},
		{"select count(*) from range(5000)", 1, false},
		{"values (1), (2)", 2, false},
		{"select 1 where false", 0, false},
	} {
		s.wantRows(t, test.query, test.rows, test.cut)
	}
	s.wantRows(t, "set spark.hearth.sql.maxRows = 2", 1, false)
	s.wantRows(t, "values (1), (2)", 2, false)
	s.wantRows(t, "values (1), (2), (3)", 2, true)
	s.wantRows(t, "reset spark.hearth.sql.maxRows", 0, false)
	s.wantRows(t, "values (1), (2), (3)", 3, false)
}

// wantRows sees that a query shows so many rows and says, in its value and in its
// output, whether there were more.
func (s *session) wantRows(t *testing.T, query string, rows int, cut bool) {
	t.Helper()
	got, before := s.run(t, engine.SQL, query)
	var table struct {
		Data      [][]any
		Truncated bool
	}
	if got.Status != engine.StatusOK {
		t.Fatalf("%s: %+v", query, got.Error)
	}
	if err := json.Unmarshal([]byte(got.Data["application/json"]), &table); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	if len(table.Data) != rows || table.Truncated != cut {
		t.Errorf("%s: %d rows, cut: %v; want %d, %v", query, len(table.Data), table.Truncated, rows, cut)
	}
	var said strings.Builder
	for _, f := range before {
		if f.Type == kernel.Stream && f.Name == "stderr" {
			said.WriteString(f.Text)
		}
	}
	want := ""
	if cut {
		want = fmt.Sprintf("the result was cut after %d rows\n", rows)
	}
	if said.String() != want {
		t.Errorf("%s: said %q, want %q", query, said.String(), want)
	}
}
