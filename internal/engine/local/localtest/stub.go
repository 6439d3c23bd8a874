// Package localtest has kernels for tests of the local engine that need no Spark: the test binary
// starts itself again as supervisor and as kernels whose statements are single words.
//
// A test binary calls Main first in its TestMain. The package imitates the protocol of kernels and
// nothing of Spark.
package localtest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"hearth/internal/engine"
	"hearth/internal/engine/spark"
	"hearth/internal/engine/supervise"
	"hearth/internal/kernel"
)

// Main is a process that the driver of a test started: the supervisor, or a kernel that understands
// a few words. It exits if the command line is that of one, and returns otherwise.
func Main() {
	if len(os.Args) < 2 {
		return
	}
	switch os.Args[1] {
	case "supervise":
		os.Exit(supervise.Main(os.Args[2:]))
	case "stub":
		os.Exit(stub(os.Args[2]))
	case "program":
		os.Exit(program(os.Args[2]))
	case "fork":
		os.Exit(fork(len(os.Args) > 2))
	}
}

// fork leaves a process in a Unix session of its own behind, with no environment if it is bare, and
// prints its pid.
func fork(bare bool) int {
	cmd := exec.Command("sleep", "1000")
	if bare {
		cmd.Env = []string{}
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return 1
	}
	fmt.Println(cmd.Process.Pid)
	return 0
}

// program is a batch's program of one word, with a listener to the supervisor beside it.
func program(word string) int {
	k := &stubKernel{in: kernel.NewReader(os.Stdin), out: kernel.NewWriter(os.NewFile(supervise.OutFD, "out"))}
	k.say(kernel.Frame{Type: kernel.Hello, Proto: kernel.Version, Role: spark.RoleJVM, PID: os.Getpid()})
	k.say(kernel.Frame{Type: kernel.Ready, Info: &engine.Info{JavaVersion: "0"}})
	switch word {
	case "exit3":
		return 3
	case "hang":
		if fork(false) != 0 {
			return 1
		}
		fmt.Println("hanging")
		for {
			f, err := k.in.Read()
			if err != nil {
				return 9
			}
			if f.Type == kernel.Shutdown {
				return 143
			}
		}
	}
	return 0
}

// stubKernel is a kernel whose statements are single words.
type stubKernel struct {
	in  *kernel.Reader
	out *kernel.Writer
	raw *os.File // below out
	// stop has the numbers of statements to interrupt.
	stop chan int64
	work chan kernel.Frame
}

func stub(role string) int {
	in := os.Stdin
	if fd, err := strconv.Atoi(os.Getenv("HEARTH_IN_FD")); err == nil {
		in = os.NewFile(uintptr(fd), "in")
	}
	fd, _ := strconv.Atoi(os.Getenv("HEARTH_OUT_FD"))
	out := os.NewFile(uintptr(fd), "out")
	k := &stubKernel{
		in: kernel.NewReader(in), out: kernel.NewWriter(out), raw: out,
		stop: make(chan int64, 8), work: make(chan kernel.Frame, 8),
	}
	signal.Ignore(syscall.SIGINT)
	k.say(kernel.Frame{Type: kernel.Hello, Proto: kernel.Version, Role: role, PID: os.Getpid()})
	if os.Getenv("STUB_BAD") != "" && role == spark.RolePython {
		fmt.Fprintln(os.Stderr, "stub: no module named spark")
		return 1
	}
	k.say(kernel.Frame{Type: kernel.Phase, Text: "starting " + role, Value: 0.5})
	if role == spark.RoleJVM {
		k.say(kernel.Frame{Type: kernel.Gateway, Port: 1, Secret: "s"})
	}
	go k.serve(role)
	count := 0
	for f := range k.work {
		count++
		if code := k.run(f, count); code >= 0 {
			return code
		}
	}
	return 0
}

func (k *stubKernel) say(f kernel.Frame) {
	if k.out.Write(f) != nil {
		os.Exit(9)
	}
}

func (k *stubKernel) serve(role string) {
	if role == spark.RoleJVM {
		k.say(kernel.Frame{Type: kernel.Ready, Info: &engine.Info{SparkVersion: "0", UIAddress: uiAddress()}})
	}
	for {
		f, err := k.in.Read()
		if err != nil {
			os.Exit(9)
		}
		switch f.Type {
		case kernel.Gateway:
			k.say(kernel.Frame{Type: kernel.Ready, Info: &engine.Info{PythonVersion: "0"}})
		case kernel.Execute:
			k.work <- f
		case kernel.Interrupt:
			k.stop <- f.Stmt
		case kernel.Complete:
			if f.Code != "deaf" {
				k.say(kernel.Frame{Type: kernel.Completed, ID: f.ID, Names: []string{f.Code[:f.Cursor] + "nt"}})
			}
		case kernel.AddFile:
			_, err := os.Stat(f.Text)
			k.say(kernel.Frame{Type: kernel.Added, ID: f.ID, Text: map[bool]string{true: "no such file"}[err != nil]})
		case kernel.Inspect:
			k.say(kernel.Frame{Type: kernel.Inspected, ID: f.ID, Data: map[string]string{"text/plain": "about " + f.Code}})
		case kernel.Shutdown:
			os.Exit(0)
		}
	}
}

// uiAddress returns the address that STUB_UI names, or where this process listens if that is "own".
func uiAddress() string {
	address := os.Getenv("STUB_UI")
	if address != "own" {
		return address
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		os.Exit(9)
	}
	return l.Addr().String()
}

// run runs one statement; a result of 0 or more ends the process.
func (k *stubKernel) run(f kernel.Frame, count int) int {
	result := kernel.Frame{Type: kernel.Result, Stmt: f.Stmt, Status: engine.StatusOK, Count: count}
	k.say(kernel.Frame{Type: kernel.Started, Stmt: f.Stmt})
	word, rest, _ := strings.Cut(f.Code, " ")
	switch word {
	case "value":
		result.Data = map[string]string{"text/plain": rest}
	case "print":
		k.print(f.Stmt, rest)
	case "log":
		fmt.Println(rest)
	case "flood": // with so many bytes, whatever the limit is
		n, _ := strconv.Atoi(rest)
		for range n / 1024 {
			k.print(f.Stmt, strings.Repeat("x", 1023))
		}
	case "many":
		for i := range 1000 {
			k.print(f.Stmt, strconv.Itoa(i))
		}
	case "raise":
		result.Status = engine.StatusError
		result.Error = &engine.StatementError{Name: "ValueError", Value: "boom", Traceback: []string{"ValueError: boom\n"}}
	case "hang":
		k.print(f.Stmt, "hanging")
		for n := range k.stop {
			if n == f.Stmt {
				break
			}
		}
		result.Status = engine.StatusCancelled
	case "env":
		result.Data = map[string]string{"text/plain": strings.Join(os.Environ(), "\n")}
	case "pid":
		result.Data = map[string]string{"text/plain": strconv.Itoa(os.Getpid())}
	case "orphan":
		out, err := exec.Command(os.Args[0], append([]string{"fork"}, strings.Fields(rest)...)...).Output()
		if err != nil {
			result.Status = engine.StatusError
		}
		result.Data = map[string]string{"text/plain": strings.TrimSpace(string(out))}
	case "garbage":
		_, _ = k.raw.Write([]byte("\x00\x00\x00\x02{]"))
		select {}
	case "crash":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case "exhaust":
		// The text of a JVM with -XX:+ExitOnOutOfMemoryError.
		fmt.Println("Terminating due to java.lang.OutOfMemoryError: Java heap space")
		return 3
	case "exit":
		k.say(result)
		code, _ := strconv.Atoi(rest)
		return code
	}
	k.say(result)
	return -1
}

func (k *stubKernel) print(stmt int64, line string) {
	k.say(kernel.Frame{Type: kernel.Stream, Stmt: stmt, Name: "stdout", Text: line + "\n"})
}
