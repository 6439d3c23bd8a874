package supervise

import (
	"testing"

	"hearth/internal/kernel"
)

func TestInterrupt_OfAProcessThatReadsNothing_LeavesRoomForStatements(t *testing.T) {
	c := &child{out: make(chan kernel.Frame, 8)}
	for range 100 {
		c.interrupt(1)
	}
	if len(c.out) != 6 {
		t.Errorf("%d interrupts wait, want three quarters of 8", len(c.out))
	}
	c.send(kernel.Frame{Type: kernel.Execute, Stmt: 2})
	for range 6 {
		<-c.out
	}
	if f := <-c.out; f.Type != kernel.Execute {
		t.Errorf("the statement is lost behind %v", f)
	}
	var none *child
	none.interrupt(1) // has not started
}
