package local_test

import (
	"bufio"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// diskMain is the process of a disk if the command line is that of one; it returns otherwise.
func diskMain() {
	if len(os.Args) != 4 || os.Args[1] != "disk" {
		return
	}
	d := &diskServer{areas: map[string]*area{}}
	server, err := d.mount(os.Args[2], os.Args[3])
	answers := json.NewEncoder(os.Stdout)
	if err != nil {
		_ = answers.Encode(err.Error())
		os.Exit(1)
	}
	_ = answers.Encode("")
	for orders := json.NewDecoder(bufio.NewReader(os.Stdin)); ; {
		var o order
		if err := orders.Decode(&o); err != nil {
			break // io.EOF: the test is over
		}
		_ = answers.Encode(d.obey(o))
	}
	if err := server.Unmount(); err != nil {
		_ = syscall.Unmount(os.Args[3], syscall.MNT_DETACH)
	}
	os.Exit(0)
}

// diskServer is the disk in its process.
type diskServer struct {
	mu    sync.Mutex
	areas map[string]*area
}

// area is what has happened in a directory at the top of the disk.
type area struct {
	account
	faults []fault
	torn   map[string]bool // paths whose next write fails
	until  time.Time       // when the disk is full no more
	free   int64           // bytes, while it is full
}

func (d *diskServer) mount(store, at string) (*fuse.Server, error) {
	root := &node{LoopbackNode: &fs.LoopbackNode{RootData: &fs.LoopbackRoot{Path: store}}, disk: d}
	second := time.Second
	return fs.Mount(at, root, &fs.Options{
		EntryTimeout: &second, AttrTimeout: &second,
		MountOptions: fuse.MountOptions{DirectMountStrict: true, FsName: "disk", DisableXAttrs: true, MaxWrite: 1 << 20},
	})
}

func (d *diskServer) area(name string) *area {
	a := d.areas[name]
	if a == nil {
		a = &area{account: account{Counts: map[string]int{}}, torn: map[string]bool{}}
		d.areas[name] = a
	}
	return a
}

func (d *diskServer) obey(o order) account {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.area(o.Area)
	a.faults = append(a.faults, o.Faults...)
	if o.Fill {
		a.until, a.free = time.Now().Add(time.Hour), 0
	}
	if o.Free {
		a.until = time.Time{}
	}
	return a.account
}

// random are the parts of paths that differ from life to life, or are many of one kind.
var random = regexp.MustCompile(`instances/[^/]+|[0-9]{5,}|py-[0-9a-f]{16}|[a-z_]+\.py$`)

// op counts an operation and returns whether it is done.
func (d *diskServer) op(kind, path string) syscall.Errno {
	_, errno := d.write(kind, path, 0, 0)
	return errno
}

// write counts an operation on n bytes, of which so many are over others and take no space, and
// returns how many of them are written.
func (d *diskServer) write(kind, path string, n, over int64) (int64, syscall.Errno) {
	top, rest, _ := strings.Cut(path, "/")
	if rest == "" {
		return n, 0 // the area itself
	}
	name := kind + " " + random.ReplaceAllString(rest, "*")
	d.mu.Lock()
	defer d.mu.Unlock()
	a := d.area(top)
	if kind == "write" && a.torn[path] {
		delete(a.torn, path)
		return 0, syscall.ENOSPC
	}
	if a.Counts[name]++; a.Counts[name] == 1 {
		a.Ops = append(a.Ops, name)
	}
	i := slices.IndexFunc(a.faults, func(f fault) bool { return f.Op == name && f.Nth == a.Counts[name] })
	if i < 0 {
		return a.allow(kind, n, over)
	}
	a.Fired = append(a.Fired, a.faults[i])
	switch {
	case a.faults[i].Full:
		a.until, a.free = time.Now().Add(outage), n/2
		return a.allow(kind, n, over)
	case kind == "write" && n > 1:
		a.torn[path] = true
		return n / 2, 0
	case takes(kind):
		return 0, syscall.ENOSPC
	}
	return 0, syscall.EIO
}

// allow returns how much of an operation is done by a disk that may be full.
func (a *area) allow(kind string, n, over int64) (int64, syscall.Errno) {
	if !takes(kind) || !time.Now().Before(a.until) {
		return n, 0
	}
	if n-over <= a.free && a.free > 0 {
		a.free -= n - over
		return n, 0
	}
	if n = over + a.free; n <= 0 {
		return 0, syscall.ENOSPC
	}
	a.free = 0
	return n, 0
}

// takes reports whether operations of the kind take space.
func takes(kind string) bool {
	switch kind {
	case "write", "create", "mkdir", "mknod", "symlink", "link":
		return true
	}
	return false
}

// gain notes that bytes are free again.
func (d *diskServer) gain(path string, bytes int64) {
	top, _, _ := strings.Cut(path, "/")
	d.mu.Lock()
	defer d.mu.Unlock()
	d.area(top).free += max(bytes, 0)
}

// size returns the bytes of a file, 0 if there is none.
func size(path string) int64 {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return 0
	}
	return info.Size()
}
