package proc

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// rtTime is RLIMIT_RTTIME: how many microseconds a process with a real-time scheduler may compute
// without a pause.
const rtTime = 15

// tagLimit returns the soft limit that stands for a tag: so many thousand years that it limits
// nothing.
func tagLimit(value string) uint64 {
	sum := sha256.Sum256([]byte(value))
	return 1<<61 | binary.BigEndian.Uint64(sum[:8])>>3
}

// Tag makes Tagged find this process, and those that it starts from now on, also when they have
// left their parent, their Unix session and their environment. The tag is a resource limit, which
// every process inherits and can only change on purpose.
func Tag(value string) error {
	var l syscall.Rlimit
	err := syscall.Getrlimit(rtTime, &l)
	if err == nil {
		l.Cur = tagLimit(value)
		err = syscall.Setrlimit(rtTime, &l)
	}
	if err != nil {
		return fmt.Errorf("tag processes by a limit: %w", err)
	}
	return nil
}

// Tagged returns the processes that have the tag, in their environment or by Tag, without zombies.
// Those of other users cannot be ended and are left out.
func Tagged(value string) ([]Identity, error) {
	boot, err := bootID()
	if err != nil {
		return nil, fmt.Errorf("read the boot id: %w", err)
	}
	all, err := pids()
	if err != nil {
		return nil, fmt.Errorf("read the process table: %w", err)
	}
	variable, limit := []byte("\x00"+TagVariable+"="+value+"\x00"), strconv.FormatUint(tagLimit(value), 10)
	var found []Identity
	for _, pid := range all {
		if !hasVariable(pid, variable) && !hasLimit(pid, limit) {
			continue
		}
		if p, err := stat(pid); err == nil && !p.Dead {
			found = append(found, Identity{PID: pid, Start: p.Start, Boot: boot})
		}
	}
	return found, nil
}

// hasVariable reports whether a process was started with a variable. The environments of other
// users' processes cannot be read.
func hasVariable(pid int, variable []byte) bool {
	env, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "environ"))
	return err == nil && bytes.Contains(append([]byte{0}, env...), variable)
}

// hasLimit reports whether a process that may be killed has the soft limit of a tag.
func hasLimit(pid int, limit string) bool {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "limits"))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(b), "Max realtime timeout")
	soft, _, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
	return soft == limit && syscall.Kill(pid, 0) == nil
}
