package proc

import "testing"

func TestResident_OfAProcess_CountsAllBelowItAndNoOther(t *testing.T) {
	table := []Process{
		{PID: 1, Start: "0", Resident: 1},
		{PID: 10, PPID: 1, Start: "5", Resident: 10},
		{PID: 11, PPID: 10, Start: "6", Resident: 100},
		{PID: 12, PPID: 11, Start: "7", Resident: 1000},
		{PID: 20, PPID: 1, Start: "8", Resident: 10000},
	}
	for name, c := range map[string]struct {
		roots []Identity
		want  int64
	}{
		"none":                    {nil, 0},
		"a tree":                  {[]Identity{{PID: 10, Start: "5"}}, 1110},
		"two":                     {[]Identity{{PID: 10, Start: "5"}, {PID: 20, Start: "8"}}, 11110},
		"another of the same pid": {[]Identity{{PID: 10, Start: "4"}}, 0},
		"one that has ended":      {[]Identity{{PID: 30, Start: "9"}}, 0},
		"a leaf":                  {[]Identity{{PID: 12, Start: "7"}}, 1000},
	} {
		if got := resident(table, c.roots); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestResident_OfThisProcess_IsReadAndOfAnotherBootIsNone(t *testing.T) {
	self, err := Self()
	if err != nil {
		t.Fatal(err)
	}
	if n, err := Resident([]Identity{self}); err != nil || n < 1<<20 {
		t.Errorf("this process has %d bytes, %v", n, err)
	}
	self.Boot = "another"
	if n, err := Resident([]Identity{self}); err != nil || n != 0 {
		t.Errorf("a process of another boot has %d bytes, %v", n, err)
	}
}
