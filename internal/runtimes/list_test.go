package runtimes

import (
	"errors"
	"os"
	"testing"
)

func TestRemove_Held_RefusesUntilReleased(t *testing.T) {
	m := newMachine(t)
	inst := m.install(m.installer())
	release, err := inst.Hold()
	if err != nil {
		t.Fatal(err)
	}
	if err := Remove(t.Context(), m.root, "spark-3.5", Silent{}); !errors.Is(err, ErrInUse) {
		t.Fatalf("Remove while held: %v, want ErrInUse", err)
	}
	if _, err := Open(m.root, "spark-3.5"); err != nil {
		t.Fatalf("Open after a refused Remove: %v", err)
	}
	release()
	if err := Remove(t.Context(), m.root, "spark-3.5", Silent{}); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(m.root, "spark-3.5"); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("Open after Remove: %v", err)
	}
	if _, err := inst.Hold(); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("Hold after Remove: %v", err)
	}
	if _, err := os.Stat(inst.Dir); err == nil {
		t.Error("the files stay")
	}
}

func TestRemove_Unfinished_LeavesNothing(t *testing.T) {
	m := newMachine(t)
	m.set("fail-scalac")
	if _, err := m.installer().Install(t.Context(), "spark-3.5"); err == nil {
		t.Fatal("installed")
	}
	if err := Remove(t.Context(), m.root, "spark-3.5", Silent{}); err != nil {
		t.Fatal(err)
	}
	if all, _ := List(m.root); all[0].State != StateMissing {
		t.Errorf("state %q", all[0].State)
	}
}

func TestRemove_NotThereOrUnknown(t *testing.T) {
	root := t.TempDir()
	if err := Remove(t.Context(), root, "spark-3.5", Silent{}); err != nil {
		t.Errorf("what is not there: %v", err)
	}
	if err := Remove(t.Context(), root, "spark-9", Silent{}); !errors.Is(err, ErrUnknown) {
		t.Errorf("what nobody knows: %v", err)
	}
}

func TestList_FileGone_SaysBroken(t *testing.T) {
	m := newMachine(t)
	inst := m.install(m.installer())
	if err := os.Remove(inst.ClassPath[0]); err != nil {
		t.Fatal(err)
	}
	all, err := List(m.root)
	if err != nil || all[0].State != StateBroken || all[0].Problem == "" {
		t.Errorf("%+v, %v", all[0], err)
	}
	in := m.installer()
	if fresh := m.install(in); fresh.Dir == inst.Dir {
		t.Error("a broken runtime was taken for complete")
	}
}

func TestOpen_ArchiveGone_IsOnlySlower(t *testing.T) {
	m := newMachine(t)
	inst := m.install(m.installer())
	os.Remove(inst.Archive)
	again, err := Open(m.root, "spark-3.5")
	if err != nil || again.Archive != "" {
		t.Errorf("archive %q, %v", again.Archive, err)
	}
}

func TestResolveJars_SecondTime_AsksNobody(t *testing.T) {
	m := newMachine(t)
	inst := m.install(m.installer())
	m.calls()
	for range 2 {
		jars, err := ResolveJars(t.Context(), inst, []string{"org.x:thing:1.0"}, Silent{})
		if err != nil || len(jars) != 2 {
			t.Fatalf("jars %q, %v", jars, err)
		}
	}
	if calls := m.calls(); len(calls) != 1 {
		t.Errorf("calls %q, want one", calls)
	}
	if _, err := ResolveJars(t.Context(), inst, []string{"org.x:thing"}, Silent{}); err == nil {
		t.Error("a coordinate without version was accepted")
	}
}
