package runtimes

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// command is a program to run to its end. Its output goes to the log and, line by line, to onLine.
type command struct {
	what   string // what is being done, for errors
	path   string
	args   []string
	env    []string // nil: this process's
	dir    string   // "": this process's
	log    io.Writer
	onLine func(line string)
}

// tailLines is how many of the last lines of a failed program its error carries.
const tailLines = 12

// run runs a command; stdout and stderr come together. When ctx ends, the program and its children
// get a TERM and, after a grace, a KILL; on Linux they also die if this process is killed.
func run(ctx context.Context, c command) error {
	// The death signal is tied to the thread that started the child, so the thread must live as
	// long as the child.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, c.path, c.args...)
	cmd.Env, cmd.Dir = c.env, c.dir
	ownGroup(cmd)
	pr, pw, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("%s: %w", c.what, err)
	}
	cmd.Stdout, cmd.Stderr = pw, pw
	cmd.WaitDelay = 5 * time.Second
	err = cmd.Start()
	pw.Close()
	if err != nil {
		pr.Close()
		return fmt.Errorf("%s: %w", c.what, err)
	}
	tail := make(chan []string, 1)
	go func() { tail <- c.follow(pr) }()
	err = cmd.Wait()
	if err != nil {
		killGroup(cmd)
	}
	last := awaitTail(tail, pr)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", c.what, context.Cause(ctx))
	default:
		return &commandError{what: c.what, err: err, tail: last}
	}
}

// awaitTail waits for the end of the output, but not for a grandchild that keeps it open.
func awaitTail(tail <-chan []string, pr *os.File) []string {
	defer pr.Close()
	select {
	case last := <-tail:
		return last
	case <-time.After(2 * time.Second):
		pr.Close()
		return <-tail
	}
}

// follow reads the output to its end and gives the last lines.
func (c command) follow(r io.Reader) []string {
	var last []string
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	s.Split(splitLines)
	for s.Scan() {
		text := strings.TrimRight(s.Text(), " \t")
		if text == "" {
			continue
		}
		if c.log != nil {
			fmt.Fprintln(c.log, text)
		}
		if c.onLine != nil {
			c.onLine(text)
		}
		if last = append(last, text); len(last) > tailLines {
			last = last[1:]
		}
	}
	_, _ = io.Copy(io.Discard, r)
	return last
}

// splitLines ends lines at carriage returns too, with which progress bars overwrite themselves.
func splitLines(data []byte, atEOF bool) (int, []byte, error) {
	if i := bytes.IndexAny(data, "\r\n"); i >= 0 {
		return i + 1, data[:i], nil
	}
	return bufio.ScanLines(data, atEOF)
}

// commandError is a program that ended badly, with its last lines.
type commandError struct {
	what string
	err  error
	tail []string
}

// Error gives what failed and, below it, the last lines of the program.
func (e *commandError) Error() string {
	s := fmt.Sprintf("%s: %v", e.what, e.err)
	if len(e.tail) > 0 {
		s += ":\n    " + strings.Join(e.tail, "\n    ")
	}
	return s
}

// Unwrap gives the exit error.
func (e *commandError) Unwrap() error { return e.err }

// probe runs a short program and gives what it wrote to stdout.
func probe(ctx context.Context, env []string, path string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = env
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", filepath.Base(path), err, strings.TrimSpace(stderr.String()))
	}
	return string(out), nil
}

// cleanEnv is this process's environment without the variables that would bend another Python or
// Spark than the one meant, and with more.
func cleanEnv(more ...string) []string {
	drop := []string{
		"PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__", "PIP_TARGET", "PIP_PREFIX", "PIP_USER",
		"PIP_ROOT", "PIP_PYTHON", "PIP_REQUIRE_VIRTUALENV", "SPARK_HOME", "SPARK_CONF_DIR", "SPARK_REMOTE", "SPARK_CONNECT_MODE_ENABLED", "SPARK_API_MODE",
		"PYSPARK_SUBMIT_ARGS", "PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON", "SPARK_DIST_CLASSPATH", "HADOOP_CONF_DIR", "CLASSPATH",
	}
	var env []string
next:
	for _, kv := range os.Environ() {
		for _, d := range drop {
			if strings.HasPrefix(kv, d+"=") {
				continue next
			}
		}
		env = append(env, kv)
	}
	return append(env, more...)
}

func isExecutable(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.Mode().IsRegular() && st.Mode()&0o111 != 0
}
