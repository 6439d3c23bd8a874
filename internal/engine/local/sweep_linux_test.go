package local_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// livesAtOnce is how many lives are lived at once: each mostly waits for processes.
const livesAtOnce = 8

// together is how many faults a life has, far from each other; one in a stress test.
const together = 3

// sweep lives a life again and again, with faults at every operation that it takes after those that
// are counted in before.
func (d *disk) sweep(t *testing.T, begin func(*life), live func(*life), before *account) {
	l := d.life(t, "0")
	begin(l)
	live(l)
	faults := faultsOf(d.tell(order{Area: "0"}), before)
	lives := len(faults)
	if rounds(1) == 1 {
		lives = (len(faults) + together - 1) / together
	}
	t.Logf("%d faults in %d lives", len(faults), lives)
	next := make(chan int)
	var all sync.WaitGroup
	for range livesAtOnce {
		all.Go(func() {
			for i := range next {
				var own []fault
				for ; i < len(faults); i += lives {
					own = append(own, faults[i])
				}
				t.Run(fmt.Sprint(own), func(t *testing.T) { d.lived(t, live, l.kernels, own) })
			}
		})
	}
	for i := range lives {
		next <- i
	}
	close(next)
	all.Wait()
}

// faultsOf returns a fault at every operation of a life that is not counted in before: it fails,
// and if it takes space it is the one from which on the disk is full for a while. A write fails in
// both ways; in a stress test everything that takes space does.
func faultsOf(all account, before *account) (faults []fault) {
	for _, op := range all.Ops {
		kind, _, _ := strings.Cut(op, " ")
		for n := before.Counts[op] + 1; n <= all.Counts[op]; n++ {
			if (kind == "close" || strings.Contains(op, " kernels/")) && n > 1 && n < all.Counts[op] {
				continue // one file is closed by many processes; files of one tree are written alike
			}
			if !takes(kind) || kind == "write" || rounds(1) > 1 {
				faults = append(faults, fault{Op: op, Nth: n})
			}
			if takes(kind) {
				faults = append(faults, fault{Op: op, Nth: n, Full: true})
			}
		}
	}
	return faults
}

// lived lives a life with faults. The kernels that are there already do unless they are to fail.
func (d *disk) lived(t *testing.T, live func(*life), kernels string, faults []fault) {
	name := strconv.FormatInt(time.Now().UnixNano(), 36)
	l := d.life(t, name)
	if !slices.ContainsFunc(faults, func(f fault) bool { return strings.Contains(f.Op, " kernels") }) {
		l.kernels = kernels
	}
	d.tell(order{Area: name, Faults: faults})
	live(l)
	a := d.tell(order{Area: name})
	for _, f := range faults {
		// How often the log and the spool are written differs a little.
		if f.Nth == 1 && !slices.Contains(a.Fired, f) {
			t.Errorf("%v did not happen: %v", f, a.Counts)
		}
	}
}

// Every operation on a file, of the server, the supervisor and the kernels. Needs root and FUSE,
// for a disk that fails, and passes without a look elsewhere.
func TestLife_FileSystemThatFailsAtAnyWrite_LosesNothingAndLeavesNothing(t *testing.T) {
	if d := newDisk(t); d != nil {
		d.sweep(t, func(*life) {}, (*life).live, &account{})
	}
}

// Every operation of the server that clears away after a supervisor. Needs root and FUSE as well.
func TestLife_SupervisorKilledAndFileSystemThatFailsAtAnyWrite_LosesNothingAndLeavesNothing(t *testing.T) {
	d := newDisk(t)
	if d == nil {
		return
	}
	var before account
	d.sweep(t, func(l *life) { l.killing = func() { before = d.tell(order{Area: "0"}) } }, (*life).orphan, &before)
}
