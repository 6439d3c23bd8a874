package jvm_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"hearth/internal/engine"
)

// testPools: the threads of Scala's own pool are made by one statement and work
// for all that follow, with `Future` and with parallel collections.
func testPools(t *testing.T, s *session) {
	const use = "import scala.concurrent.{Await, Future}\nimport scala.concurrent.duration.Duration\nimport scala.concurrent.ExecutionContext.Implicits.global\n"
	for _, word := range []string{"first", "second", "third"} {
		got, before := s.run(t, engine.Scala, use+`Await.result(Future.sequence((1 to 8).map(_ => Future { Thread.sleep(20); println("`+word+`") })), Duration.Inf)`)
		var printed strings.Builder
		for _, f := range before {
			printed.WriteString(f.Text)
		}
		if got.Status != engine.StatusOK || printed.String() != strings.Repeat(word+"\n", 8) {
			t.Errorf("%s: %s %v, printed %q", word, got.Status, got.Error, printed.String())
		}
	}
}

// testMoments: a moment is the one that Spark counts, also where its calendar and
// the zones of java.sql differ.
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
