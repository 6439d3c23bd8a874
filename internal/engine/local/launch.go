package local

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/supervise"
	"hearth/internal/engine/supervise/proc"
)

// handshakeLimit is how long a supervisor may take until it listens.
const handshakeLimit = 30 * time.Second

// launch writes the intent and starts the supervisor. The remains of an earlier try are of no use:
// nothing was started by it.
func (d *Driver) launch(ctx context.Context, dir supervise.Dir, s engine.Spec) error {
	if err := dir.Remove(); err != nil {
		return err
	}
	if err := os.MkdirAll(dir.Run(), 0o700); err != nil {
		return err
	}
	if err := d.write(ctx, dir, s); err != nil {
		return errors.Join(err, os.RemoveAll(string(dir)))
	}
	return d.spawn(ctx, dir, s.ID)
}

// write writes everything that the supervisor reads, launch.json last.
func (d *Driver) write(ctx context.Context, dir supervise.Dir, s engine.Spec) error {
	plan, err := d.recipe.Plan(ctx, s, dir)
	if err != nil {
		return err
	}
	for _, path := range plan.Dirs {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return fmt.Errorf("write the files of an instance: %w", err)
		}
	}
	for _, f := range plan.Files {
		if err := os.WriteFile(f.Path, f.Data, 0o600); err != nil {
			return fmt.Errorf("write the files of an instance: %w", err)
		}
	}
	socket, err := socketPath(dir)
	if err != nil {
		return err
	}
	secret, hash := supervise.NewSecret()
	if err := supervise.WriteFile(dir.Secret(), []byte(secret)); err != nil {
		return err
	}
	head := strings.Join(plan.Head, "\n")
	if head != "" {
		head += "\n"
	}
	if err := os.WriteFile(dir.Log(), []byte(head), 0o600); err != nil {
		return err
	}
	l := plan.Launch
	l.AbandonAfter = d.abandonAfter
	l.Version, l.ID, l.SecretHash, l.Socket = supervise.LaunchVersion, s.ID, hash, socket
	return supervise.WriteJSON(dir.Launch(), l)
}

// spawn starts the supervisor in a Unix session of its own and waits for the line that it writes
// when it listens. It belongs to nobody from then on.
func (d *Driver) spawn(ctx context.Context, dir supervise.Dir, id string) error {
	log, err := os.OpenFile(dir.Log(), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer log.Close()
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	cmd := exec.Command(d.binary, "supervise", string(dir))
	cmd.Args[0] = "hearth" // the path may be that of the running program, /proc/self/exe
	cmd.Dir = string(dir)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{w}
	cmd.Env = supervisorEnv(id)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = cmd.Start()
	_ = w.Close()
	if err != nil {
		return fmt.Errorf("start the supervisor: %w", err)
	}
	go func() {
		// Only so that it is no zombie while this server lives; its end is read from its directory.
		_ = cmd.Wait()
	}()
	return shake(ctx, r)
}

// marked adds engine.ErrNoSpace to the error of a full disk.
func marked(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: %w", engine.ErrNoSpace, err)
	}
	return err
}

// supervisorEnv returns the least environment: that of the kernels is in launch.json.
func supervisorEnv(id string) []string {
	env := []string{
		proc.TagVariable + "=" + id, supervise.HandshakeVariable + "=3",
		// From the first instruction on, before its main can set them.
		"GOGC=50", "GOMAXPROCS=2",
	}
	for _, name := range []string{"PATH", "HOME", "TZ", "GOCOVERDIR"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// shake waits for the line of the supervisor.
func shake(ctx context.Context, r *os.File) error {
	deadline := time.Now().Add(handshakeLimit)
	if t, ok := ctx.Deadline(); ok && t.Before(deadline) {
		deadline = t
	}
	_ = r.SetReadDeadline(deadline)
	stop := context.AfterFunc(ctx, func() { _ = r.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	line, err := bufio.NewReader(r).ReadString('\n')
	if ctx.Err() != nil {
		return fmt.Errorf("wait for the supervisor: %w", context.Cause(ctx))
	}
	if err != nil {
		return fmt.Errorf("the supervisor died or hangs before it listens: %w", err)
	}
	line = strings.TrimSpace(line)
	if reason, full := strings.CutPrefix(line, supervise.NoSpace); full {
		return fmt.Errorf("the supervisor refuses: %s: %w", reason, engine.ErrNoSpace)
	}
	if line != "ok" {
		return fmt.Errorf("the supervisor refuses: %s", line)
	}
	return nil
}

// socketLimit is the longest path of a socket that every system takes.
const socketLimit = 103

// socketPath returns the path at which the supervisor listens: in its directory or, if that path is
// too long, in a short private one.
func socketPath(dir supervise.Dir) (string, error) {
	path := filepath.Join(string(dir), "s")
	if len(path) <= socketLimit {
		return path, nil
	}
	base := os.Getenv("XDG_RUNTIME_DIR")
	if base == "" {
		base = os.TempDir()
	}
	private := filepath.Join(base, "hearth-"+strconv.Itoa(os.Getuid()))
	if err := os.Mkdir(private, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return "", fmt.Errorf("make a directory for sockets: %w", err)
	}
	info, err := os.Lstat(private)
	if err != nil {
		return "", fmt.Errorf("make a directory for sockets: %w", err)
	}
	// Its name can be guessed, so somebody else may have made it.
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || info.Mode().Perm() != 0o700 || !ok || int(owner.Uid) != os.Getuid() {
		return "", fmt.Errorf("%s is not a private directory of this user", private)
	}
	path = filepath.Join(private, shortName(dir))
	if len(path) > socketLimit {
		return "", fmt.Errorf("the path of the socket is too long: %s", path)
	}
	return path, nil
}

// shortName returns the name of a socket outside the directory of its instance. No other instance
// has it.
func shortName(dir supervise.Dir) string {
	sum := sha256.Sum256([]byte(dir))
	return hex.EncodeToString(sum[:12])
}

// socketOf returns the path of the socket of an instance, to be removed. The record is a file that
// code of the instance can write, so that it counts for no more than the place of the short name,
// which is another one if the server was started with another environment.
func socketOf(dir supervise.Dir, r supervise.Record) (string, error) {
	if filepath.Base(r.Socket) == shortName(dir) {
		return r.Socket, nil
	}
	return socketPath(dir)
}
