package proc

import (
	"bufio"
	"context"
	"crypto/rand"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

func started(t *testing.T, cmd *exec.Cmd) Identity {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	id, err := Of(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return id
}

func TestIdentity_Process_LivesUntilItIsKilled(t *testing.T) {
	cmd := exec.Command("sleep", "1000")
	id := started(t, cmd)
	if !id.Alive() {
		t.Fatal("not alive")
	}
	if err := id.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if id.Alive() {
		t.Error("alive after its end")
	}
	if err := id.Kill(); err != nil {
		t.Errorf("Kill of a dead process: %v", err)
	}
}

func TestIdentity_PidOfAnother_IsNotAliveAndNotKilled(t *testing.T) {
	id := started(t, exec.Command("sleep", "1000"))
	for _, other := range []Identity{
		{PID: id.PID, Start: id.Start + "0", Boot: id.Boot}, {PID: id.PID, Start: id.Start, Boot: "another"}, {},
	} {
		if other.Alive() {
			t.Errorf("%+v is alive", other)
		}
		if err := other.Kill(); err != nil {
			t.Errorf("Kill: %v", err)
		}
	}
	if !id.Alive() {
		t.Error("the process that has the pid now was killed")
	}
}

func TestSweep_TaggedProcessThatLeftItsParent_IsKilled(t *testing.T) {
	tag := "proc-" + rand.Text()
	cmd := exec.Command("sh", "-c", "sleep 1000 >/dev/null 2>&1 & echo $!")
	cmd.Env = append(os.Environ(), TagVariable+"="+tag)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	orphan, err := Of(pid)
	if err != nil {
		t.Fatal(err)
	}
	bystander := started(t, exec.Command("sleep", "1000"))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := (Sweep{Tag: tag}).Run(ctx); err != nil {
		t.Fatal(err)
	}
	if orphan.Alive() {
		t.Error("the orphan lives")
	}
	if !bystander.Alive() {
		t.Error("a process without the tag was killed")
	}
}

func TestDescendants_Grandchild_IsFound(t *testing.T) {
	cmd := exec.Command("sh", "-c", "sleep 1000 & echo $!; wait")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	child := started(t, cmd)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	found, err := Descendants(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	pids := map[string]Identity{}
	for _, id := range found {
		pids[strconv.Itoa(id.PID)] = id
	}
	grandchild, ok := pids[strings.TrimSpace(line)]
	if _, own := pids[strconv.Itoa(child.PID)]; !own || !ok {
		t.Errorf("found %v, want %d and %s", found, child.PID, line)
	}
	if err := grandchild.Kill(); err != nil {
		t.Error(err)
	}
}
