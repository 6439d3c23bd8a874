package local_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// disk is a file system of which each area, a directory at its top, fails as it was told. It is
// served by a process of its own, because one that waits for its own files may do so for ever.
type disk struct {
	t   *testing.T
	dir string

	mu  sync.Mutex
	in  *json.Encoder
	out *json.Decoder
}

// fault is one operation of an area that fails: the nth of those with this name.
type fault struct {
	Op  string
	Nth int
	// Full makes the disk full from that operation on, for the time of an outage. Otherwise that
	// one operation fails, a write after half of its bytes.
	Full bool
}

func (f fault) String() string {
	return fmt.Sprintf("%s %d %s", f.Op, f.Nth, map[bool]string{true: "full", false: "once"}[f.Full])
}

// outage is how long a disk stays full.
const outage = 700 * time.Millisecond

// order is what the process of a disk is told, account its answer.
type (
	order struct {
		Area   string
		Faults []fault // to begin with
		// Fill makes the disk full to the last byte, Free makes space.
		Fill, Free bool
	}
	account struct {
		// Ops are the names of the operations so far, in the order of their first ones, Counts how
		// often they came.
		Ops    []string
		Counts map[string]int
		// Fired are the faults that have happened.
		Fired []fault
	}
)

// newDisk mounts a disk. It returns nil where that cannot be done, which needs root and FUSE.
func newDisk(t *testing.T) *disk {
	t.Helper()
	top := shortDir(t)
	store, mount := filepath.Join(top, "s"), filepath.Join(top, "m")
	if err := os.Mkdir(store, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(mount, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "disk", store, mount)
	cmd.Stderr = t.Output()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	d := &disk{t: t, dir: mount, in: json.NewEncoder(in), out: json.NewDecoder(out)}
	var refused string
	err = d.out.Decode(&refused)
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	if err != nil {
		t.Fatal(err)
	}
	if refused != "" {
		t.Logf("no disk that fails could be made, which needs root and FUSE: %s", refused)
		return nil
	}
	return d
}

// tell gives an order and returns the account of the area.
func (d *disk) tell(o order) (a account) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.in.Encode(o); err != nil {
		d.t.Error(err)
	}
	if err := d.out.Decode(&a); err != nil {
		d.t.Error(err)
	}
	return a
}
