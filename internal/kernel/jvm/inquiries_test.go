package jvm_test

import (
	"slices"
	"testing"

	"hearth/internal/engine"
	"hearth/internal/kernel"
)

func (s *session) complete(code string, cursor int) kernel.Frame {
	s.send(kernel.Frame{Type: kernel.Complete, ID: 7, Lang: engine.Scala, Code: code, Cursor: cursor})
	return s.await(kernel.Completed)
}

func (s *session) inspect(lang engine.Language, code string) string {
	s.send(kernel.Frame{Type: kernel.Inspect, ID: 8, Lang: lang, Code: code, Cursor: len(code)})
	return s.await(kernel.Inspected).Data["text/plain"]
}

// testInquiries asks for Scala names while nothing and while something runs.
func testInquiries(t *testing.T, s *session) {
	s.send(kernel.Frame{Type: kernel.Execute, Stmt: 91, Lang: engine.Scala, Limit: 1 << 20, Code: "val counter = 41\ndef half(x: Int): Int = x / 2"})
	s.await(kernel.Result)
	if got := s.complete("sc.paralleli", 12); !slices.Contains(got.Names, "parallelize") || got.ID != 7 {
		t.Errorf("sc.paralleli goes on with %q", got.Names)
	}
	if got := s.complete(`"日🔥"; counter.toIn + 1`, 18); !slices.Equal(got.Names, []string{"toInt"}) {
		t.Errorf("the cursor counts characters: %q", got.Names)
	}
	for code, want := range map[string]string{"counter": "counter: Int", "half": "half: Int => Int", "nothingHere": ""} {
		if got := s.inspect(engine.Scala, code); got != want {
			t.Errorf("%s is described as %q, want %q", code, got, want)
		}
	}
	if got := s.inspect(engine.SQL, "select"); got != "" {
		t.Errorf("SQL is described as %q", got)
	}
	s.send(kernel.Frame{Type: kernel.Execute, Stmt: 92, Lang: engine.Scala, Limit: 1 << 20, Code: "Thread.sleep(600000)"})
	s.await(kernel.Started)
	if got := s.complete("sc.paralleli", 12); len(got.Names) != 0 {
		t.Errorf("while a statement runs: %q", got.Names)
	}
	s.send(kernel.Frame{Type: kernel.Interrupt, Stmt: 92})
	if r := s.await(kernel.Result); r.Status != engine.StatusCancelled {
		t.Errorf("the statement ended as %s", r.Status)
	}
}
