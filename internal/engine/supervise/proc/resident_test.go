package proc

import (
	"os"
	"os/exec"
	"testing"
)

func TestResident_OfAProcess_CountsAllBelowItAndNoOther(t *testing.T) {
	cmd := exec.Command("sleep", "1000")
	started(t, cmd)
	child, err := Of(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	self, err := Self()
	if err != nil {
		t.Fatal(err)
	}
	of := func(roots ...Identity) int64 {
		n, err := Resident(roots)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	small, all := of(child), of(self)
	if small < int64(os.Getpagesize()) || all <= small {
		t.Errorf("a child takes %d, it and its parent %d", small, all)
	}
	other := child
	other.Start = "1"
	if n := of(other, Identity{}); n != 0 {
		t.Errorf("a process that was never there takes %d", n)
	}
}
