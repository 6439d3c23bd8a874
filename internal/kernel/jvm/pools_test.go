package jvm_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"hearth/internal/engine"
	"hearth/internal/kernel"
)

// globalPool makes Scala's own pool that of a cell.
const globalPool = "import scala.concurrent.{Await, Future}\nimport scala.concurrent.duration.Duration\nimport scala.concurrent.ExecutionContext.Implicits.global\n"

// testPools: the threads of Scala's own pool are made by one statement and work for all that
// follow, with `Future` and with parallel collections.
func testPools(t *testing.T, s *session) {
	for _, word := range []string{"first", "second", "third"} {
		got, before := s.run(t, engine.Scala, globalPool+`Await.result(Future.sequence((1 to 8).map(_ => Future { Thread.sleep(20); println("`+word+`") })), Duration.Inf)`)
		var printed strings.Builder
		for _, f := range before {
			printed.WriteString(f.Text)
		}
		if got.Status != engine.StatusOK || printed.String() != strings.Repeat(word+"\n", 8) {
			t.Errorf("%s: %s %v, printed %q", word, got.Status, got.Error, printed.String())
		}
	}
}

// testPoolJobs cancels a statement whose job a thread of an earlier one has started, on which the
// user's own tag and properties must stay.
func testPoolJobs(t *testing.T, s *session) {
	made, _ := s.run(t, engine.Scala, globalPool+`def own() = { sc.addJobTag("users"); sc.setLocalProperty("mine", "kept"); Thread.sleep(20) }
Await.result(Future.sequence((1 to 8).map(_ => Future(own()))), Duration.Inf)`)
	if made.Status != engine.StatusOK {
		t.Fatalf("%+v", made.Error)
	}
	const number = 70
	s.send(kernel.Frame{Type: kernel.Execute, Stmt: number, Lang: engine.Scala, Limit: 1 << 20, Code: globalPool +
		`val kept = Future { sc.getJobTags().contains("users") && sc.getLocalProperty("mine") == "kept" }
assert(Await.result(kept, Duration.Inf))
Await.result(Future { sc.parallelize(1 to 4, 4).foreach(n => if (n > 1) Thread.sleep(600000)) }, Duration.Inf)`})
	for f := s.await(kernel.Progress); f.Stmt != number; f = s.await(kernel.Progress) {
	}
	s.send(kernel.Frame{Type: kernel.Interrupt, Stmt: number})
	if got, _ := s.result(t, number); got.Status != engine.StatusCancelled {
		t.Errorf("ended %s, %+v", got.Status, got.Error)
	}
	left, _ := s.run(t, engine.Scala, `while (sc.statusTracker.getActiveJobIds().nonEmpty) Thread.sleep(10)
"none is left"`)
	if !strings.Contains(left.Data["text/plain"], "none is left") {
		t.Errorf("ended %s, %+v", left.Status, left.Error)
	}
}

// testMoments: a moment is the one that Spark counts, also where its calendar and the zones of
// java.sql differ.
func testMoments(t *testing.T, s *session) {
	for _, at := range []string{
		"0001-01-01 00:00:00", "1000-01-01 00:00:00", "1582-10-04 12:00:00", "1850-06-01 10:00:00.123456", "2024-02-29 23:59:59.999999",
	} {
		got, _ := s.run(t, engine.SQL, fmt.Sprintf("select timestamp'%[1]s', unix_micros(timestamp'%[1]s'), date'%.10[1]s'", at))
		var rows struct{ Data [][3]any }
		d := json.NewDecoder(strings.NewReader(got.Data["application/json"]))
		d.UseNumber()
		if err := d.Decode(&rows); err != nil || len(rows.Data) != 1 {
			t.Errorf("%s: %v %+v, %v", at, got.Data, got.Error, err)
			continue
		}
		row := rows.Data[0]
		moment, err := time.Parse(time.RFC3339Nano, fmt.Sprint(row[0]))
		if err != nil || fmt.Sprint(moment.UnixMicro()) != fmt.Sprint(row[1]) || row[2] != at[:10] {
			t.Errorf("%s is shown as %v, which is %d", at, row, moment.UnixMicro())
		}
	}
}
