package jvm_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"hearth/internal/engine"
	"hearth/internal/kernel"
)

// testRowCap asks for as many rows as a result shows and for one more, of queries whose plans tell
// how many rows they have and of queries whose plans do not.
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

// wantRows sees that a query shows so many rows and says, in its value and in its output, whether
// there were more.
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

// testSeveralStatements runs cells of several SQL statements.
func testSeveralStatements(t *testing.T, s *session) {
	for code, want := range map[string]string{
		"create or replace temporary view v as select 1 as n;\nselect n + 1 as m from v": `"data":[[2]]`,
		"select 1;":                    `"data":[[1]]`,
		";; select 2 ; ; -- nothing\n": `"data":[[2]]`,
		"select 'a;b' as x; -- a; comment\nselect 'c;d' as `e;f` /* ; /* ; */ ; */;": `"data":[["c;d"]]`,
		`select "x\";y" as a; select '𝄞;' as b`:                                      `"data":[["𝄞;"]]`,
		"set spark.my.key=1; select ';' as z":                                        `"data":[[";"]]`,
	} {
		got, _ := s.run(t, engine.SQL, code)
		if got.Status != engine.StatusOK || !strings.Contains(got.Data["application/json"], want) {
			t.Errorf("%s: %s, %+v; want %s", code, got.Data["application/json"], got.Error, want)
		}
	}
	got, _ := s.run(t, engine.SQL, "create or replace temporary view stays as select 7 as n; select nosuch from stays; create or replace temporary view never as select 1")
	if got.Status != engine.StatusError || !strings.HasPrefix(got.Error.Value, "Statement 2 of 3: select nosuch from stays\n") ||
		!strings.HasSuffix(got.Error.Name, "AnalysisException") {
		t.Errorf("the failing statement is not named: %+v", got.Error)
	}
	s.wantRows(t, "select * from stays", 1, false)
	if got, _ := s.run(t, engine.SQL, "select * from never"); got.Status != engine.StatusError {
		t.Error("a statement ran after one that failed")
	}
	if got, _ := s.run(t, engine.SQL, "select raise_error('stop'); select 1"); got.Status != engine.StatusError ||
		!strings.HasPrefix(got.Error.Value, "Statement 1 of 2: ") {
		t.Errorf("a query that fails while it runs does not end the cell: %+v", got)
	}
	if got, _ := s.run(t, engine.SQL, "select nosuch"); got.Status != engine.StatusError || strings.Contains(got.Error.Value, "Statement 1") {
		t.Errorf("a statement by itself needs no number: %+v", got.Error)
	}
}

// testOldDates asks for days that java.sql's calendar does not have.
func testOldDates(t *testing.T, s *session) {
	const day = "date '1582-10-08'"
	for query, want := range map[string]string{
		"select " + day + " as d, timestamp '1582-10-08 12:00:00Z' as t, cast(" + day + " as string) as s":                               `[["1582-10-08","1582-10-08T12:00:00Z","1582-10-08"]]`,
		"select struct(" + day + ", array(" + day + ")) as s, map('k', timestamp '1582-10-05 00:00:00Z') as m, map(" + day + ", 1) as k": `[[["1582-10-08",["1582-10-08"]],{"k":"1582-10-05T00:00:00Z"},{"1582-10-08":1}]]`,
		"select timestamp_ntz '1582-10-08 12:00:00' as n, timestamp '1582-10-14 23:59:59.999999Z' as t":                                  `[["1582-10-08T12:00:00","1582-10-14T23:59:59.999999Z"]]`,
		"select date '0001-01-01' as a, date '9999-12-31' as b, date '1582-10-04' as c, date '1582-10-15' as d":                          `[["0001-01-01","9999-12-31","1582-10-04","1582-10-15"]]`,
		"select max(d) as d from (select explode(sequence(date '1582-10-04', date '1582-10-13')) as d)":                                  `[["1582-10-13"]]`,
		"values (" + day + ")": `[["1582-10-08"]]`,
	} {
		got, _ := s.run(t, engine.SQL, query)
		if got.Status != engine.StatusOK || !strings.Contains(got.Data["application/json"], `"data":`+want) {
			t.Errorf("%s: %s, %+v; want %s", query, got.Data["application/json"], got.Error, want)
		}
	}
	got, _ := s.run(t, engine.Scala, `spark.sql("select `+day+`").head.get(0).getClass.getName + spark.conf.get("spark.sql.datetime.java8API.enabled")`)
	if !strings.Contains(got.Data["text/plain"], "java.sql.Datefalse") {
		t.Errorf("the session's own setting changed: %v %+v", got.Data, got.Error)
	}
}
