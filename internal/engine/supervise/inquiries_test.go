package supervise

import (
	"path/filepath"
	"testing"

	"hearth/internal/engine"
	"hearth/internal/engine/supervise/spool"
	"hearth/internal/kernel"
)

// A kernel that holds its interpreter for long reads nothing meanwhile. Inquiries then must leave
// room in its queue for statements.
func TestInquiries_OfAKernelThatDoesNotRead_LeaveRoomForStatements(t *testing.T) {
	kept, err := spool.Create(filepath.Join(t.TempDir(), "spool"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kept.Close() })
	python := &child{Process: Process{Role: "python"}, out: make(chan kernel.Frame, sendLimit)}
	s := &supervisor{
		events: newBroadcast(kept), launch: Launch{Processes: []Process{{Role: "python"}}, Route: map[engine.Language]string{engine.Python: "python"}},
		inbox: make(chan func(), 1), done: make(chan struct{}), children: map[string]*child{"python": python},
		statements: statements{seen: map[int64]bool{}}, inquiries: inquiries{open: map[int64]inquiry{}},
	}
	close(s.done)
	s.startup.ready = true
	for range 10 * sendLimit {
		answer, err := s.inquire(kernel.Frame{Type: kernel.Complete, Lang: engine.Python, Code: "pri", Cursor: 3})
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range s.open { // none is answered in time
			s.answered(q.nothing)
		}
		if a := <-answer; a.Type != kernel.Completed || a.Names != nil {
			t.Fatalf("answered %+v", a)
		}
	}
	if err := s.execute(engine.Statement{Number: 1, Language: engine.Python, Code: "1"}); err != nil {
		t.Fatal(err)
	}
	s.interrupt(1)
	got := map[kernel.Type]int{}
	for range len(python.out) {
		got[(<-python.out).Type]++
	}
	if got[kernel.Complete] == 0 || got[kernel.Execute] != 1 || got[kernel.Interrupt] != 1 {
		t.Errorf("it is sent %v", got)
	}
}
