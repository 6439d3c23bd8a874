package jvm_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"hearth/internal/engine"
	"hearth/internal/kernel"
)

// lastStatement is the number of the last statement that run has sent; the tests of single frames
// use lower ones.
const lastStatement = 1000

// run runs a statement and returns its result, with the pieces of its value put together, and the
// frames before it.
func (s *session) run(t *testing.T, lang engine.Language, code string) (kernel.Frame, []kernel.Frame) {
	t.Helper()
	s.statement++
	n := lastStatement + s.statement
	s.send(kernel.Frame{Type: kernel.Execute, Stmt: n, Lang: lang, Code: code, Limit: 32 << 20})
	return s.result(t, n)
}

// result collects the frames of a statement up to its result.
func (s *session) result(t *testing.T, n int64) (kernel.Frame, []kernel.Frame) {
	t.Helper()
	var before []kernel.Frame
	pieces := map[string]*strings.Builder{}
	for f := range s.frames {
		if f.Stmt != n {
			continue
		}
		if f.Type == kernel.Part {
			for mime, text := range f.Data {
				if pieces[mime] == nil {
					pieces[mime] = &strings.Builder{}
				}
				pieces[mime].WriteString(text)
			}
		}
		if f.Type != kernel.Result {
			before = append(before, f)
			continue
		}
		for mime, text := range pieces {
			if f.Data == nil {
				f.Data = map[string]string{}
			}
			f.Data[mime] = text.String()
		}
		return f, before
	}
	t.Fatal("the agent ended before the result")
	return kernel.Frame{}, nil
}

func testLongValues(t *testing.T, s *session) {
	for _, test := range []struct {
		lang       engine.Language
		code, mime string
		want       string
	}{
		{engine.Scala, `val long = "x" * 20000000`, "text/plain", "long: String = " + strings.Repeat("x", 20000000)},
		{engine.Scala, `val clef = "a" + "𝄞" * 100000`, "text/plain", "clef: String = a" + strings.Repeat("𝄞", 100000)},
		{
			engine.SQL, "select repeat('x', 2000000) as x from range(10)", "application/json",
			"[" + strings.Repeat(`["`+strings.Repeat("x", 2000000)+`"],`, 9) + `["` + strings.Repeat("x", 2000000) + `"]]`,
		},
	} {
		got, before := s.run(t, test.lang, test.code)
		if got.Status != engine.StatusOK || !strings.Contains(got.Data[test.mime], test.want) {
			t.Errorf("%s: %s, %d bytes, %v", test.code, got.Status, len(got.Data[test.mime]), got.Error)
		}
		for _, f := range before {
			for _, text := range f.Data {
				if n := utf8.RuneCountInString(text); n > 64<<10 || !utf8.ValidString(text) {
					t.Errorf("%s: a piece of %d characters", test.code, n)
				}
			}
		}
	}
	got, before := s.run(t, engine.Scala, "for (i <- 1 to 100000) println(s\"line $i\")")
	var printed, want strings.Builder
	for _, f := range before {
		printed.WriteString(f.Text)
	}
	for i := range 100000 {
		fmt.Fprintf(&want, "line %d\n", i+1)
	}
	if got.Status != engine.StatusOK || printed.String() != want.String() {
		t.Errorf("100000 lines: %s, %d bytes of %d", got.Status, printed.Len(), want.Len())
	}
}

func testLongErrors(t *testing.T, s *session) {
	for lang, code := range map[engine.Language]string{
		engine.Scala: `throw new IllegalStateException("x" * 20000000)`,
		engine.SQL:   "select assert_true(false, repeat('x', 20000000))",
	} {
		got, _ := s.run(t, lang, code)
		if got.Status != engine.StatusError || got.Error == nil || !strings.Contains(got.Error.Value, "xxx") {
			t.Errorf("%s: %s, %+v", lang, got.Status, got.Error != nil)
		}
	}
}

// The compiler's hints name commands of its own shell, which a cell does not have.
func testHints(t *testing.T, s *session) {
	for code, want := range map[string]string{
		"sc.parallelize(Seq(1)).collect.toList":                 "List[Int] = List(1)",
		"@deprecated(\"x\", \"1\") def old = 7\nold + 0":        "Int = 7",
		"implicit def text(n: Int): String = \"x\" * n\n3.trim": "String = xxx",
	} {
		got, _ := s.run(t, engine.Scala, code)
		if text := got.Data["text/plain"]; got.Status != engine.StatusOK || !strings.Contains(text, want) || strings.Contains(text, "warning") {
			t.Errorf("%s: %q, %+v", code, text, got.Error)
		}
	}
}

// Spark's own compiler, for one, asks for many names that nobody has, with the loader that Spark's
// threads have.
func testMissingClasses(t *testing.T, s *session) {
	cells := []string{`@volatile var searching = true
val loader = Thread.getAllStackTraces.keySet.toArray().collectFirst {
  case thread: Thread if thread.getName.startsWith("dag-scheduler") => thread.getContextClassLoader
}.get
val search = new Thread(() => {
  var i = 0
  while (searching) {
    i += 1
    try loader.loadClass("missing" + i) catch { case _: ClassNotFoundException => }
  }
})
search.start()`}
	for i := range 30 {
		cells = append(cells, fmt.Sprintf("case class Found%[1]d(a: Int, b: Option[String])\nFound%[1]d(1, Some(\"x\")).copy(a = %[1]d).toString.length", i))
	}
	for _, code := range append(cells, "searching = false; search.join()") {
		if got, _ := s.run(t, engine.Scala, code); got.Status != engine.StatusOK {
			t.Fatalf("%s: %+v", code, got.Error)
		}
	}
}

func testWithdrawn(t *testing.T, s *session) {
	s.send(kernel.Frame{Type: kernel.Execute, Stmt: 60, Lang: engine.Scala, Code: "Thread.sleep(600000)"})
	s.await(kernel.Started)
	s.send(kernel.Frame{Type: kernel.Execute, Stmt: 61, Lang: engine.Scala, Code: "sys.error(\"started\")"})
	s.send(kernel.Frame{Type: kernel.Interrupt, Stmt: 61})
	if got, before := s.result(t, 61); got.Status != engine.StatusCancelled || len(before) > 0 {
		t.Errorf("a waiting statement: %s after %v", got.Status, before)
	}
	s.send(kernel.Frame{Type: kernel.Interrupt, Stmt: 60})
	// Its error is what the interrupt left of it.
	if got, _ := s.result(t, 60); got.Status != engine.StatusCancelled || got.Error == nil || got.Error.Name != "java.lang.InterruptedException" {
		t.Errorf("a running statement: %s, %+v", got.Status, got.Error)
	}
}

// testMagics shows Scala values as Livy's interpreter does; sparklyr fetches every result by %json.
func testMagics(t *testing.T, s *session) {
	const mimeJSON, mimeTable = "application/json", "application/vnd.livy.table.v1+json"
	for _, test := range []struct{ code, mime, want string }{
		{"val said = \"a\\\"b\"\n%json said", mimeJSON, `"a\"b"`},
		{"%json said", mimeJSON, `"a\"b"`},
		{"// invoke\nvar fetched = Seq(1, 2)\n%json fetched.map(_ * 2)  ", mimeJSON, `[2,4]`},
		{"%json Map(\"b\" -> Some(1.5), \"a\" -> None)", mimeJSON, `{"b":1.5,"a":null}`},
		{"case class Trip(km: Int, via: Option[String])\nval trip = Trip(5, Some(\"x\"))\n%json trip", mimeJSON, `{"km":5,"via":"x"}`},
		{"%json (1, true, 'c', Double.NaN, BigDecimal(\"1.50\"), Array(1L))", mimeJSON, `{"_1":1,"_2":true,"_3":"c","_4":"NaN","_5":1.50,"_6":[1]}`},
		{"%json sc.parallelize(1 to 100)", mimeJSON, `[1,2,3,4,5,6,7,8,9,10]`},
		{"%json spark.range(2)", mimeJSON, `[{"id":0},{"id":1}]`},
		{"val text = \"\"\"\n%json said\n\"\"\"\n%json text", mimeJSON, `"\n%json said\n"`},
		{"%table Seq((1, \"a\"), (2, null))", mimeTable, `{"headers":[{"name":"_1","type":"BIGINT_TYPE"},{"name":"_2","type":"STRING_TYPE"}],"data":[[1,"a"],[2,null]]}`},
		{"%table Seq(Seq(1.5, 2.0), Seq(0.5, 1.0))", mimeTable, `{"headers":[{"name":"0","type":"DOUBLE_TYPE"},{"name":"1","type":"DOUBLE_TYPE"}],"data":[[1.5,2.0],[0.5,1.0]]}`},
		{"%table 7", mimeTable, `{"headers":[{"name":"0","type":"BIGINT_TYPE"}],"data":[[7]]}`},
	} {
		got, _ := s.run(t, engine.Scala, test.code)
		if got.Status != engine.StatusOK || got.Data[test.mime] != test.want {
			t.Errorf("%s: %s %v %+v", test.code, got.Status, got.Data, got.Error)
		}
	}
	got, _ := s.run(t, engine.Scala, "val n = 1\n%json n\nval m = 2")
	said := strings.ReplaceAll(got.Data["text/plain"], "val ", "") // which Scala 2.13 says
	if said != "n: Int = 1\nm: Int = 2" || got.Data[mimeJSON] != "1" {
		t.Errorf("texts around a magic: %q", got.Data)
	}
	for code, want := range map[string]string{
		"%json nobody":                          "nobody",
		"%table Seq(1, \"a\")":                  "table rows have different types: BIGINT_TYPE, STRING_TYPE in column 0",
		"%json { sys.error(\"boom\"); 1 }":      "boom",
		"val broken: Int = \"a\"\n%json broken": "type mismatch",
	} {
		got, _ := s.run(t, engine.Scala, code)
		if got.Status != engine.StatusError || !strings.Contains(got.Error.Value+strings.Join(got.Error.Traceback, ""), want) {
			t.Errorf("%s: %s %v %+v", code, got.Status, got.Data, got.Error)
		}
	}
	s.send(kernel.Frame{Type: kernel.Execute, Stmt: 95, Lang: engine.Scala, Limit: 1 << 20, Code: "%json { Thread.sleep(600000); 1 }"})
	s.await(kernel.Started)
	s.send(kernel.Frame{Type: kernel.Interrupt, Stmt: 95})
	if got, _ := s.result(t, 95); got.Status != engine.StatusCancelled {
		t.Errorf("an interrupted magic: %s %v %+v", got.Status, got.Data, got.Error)
	}
	if got, _ := s.run(t, engine.Scala, "%json 1 + 1"); got.Data[mimeJSON] != "2" {
		t.Errorf("after errors: %v %+v", got.Data, got.Error)
	}
}
