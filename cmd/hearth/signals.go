package main

import (
	"os"
	"os/signal"
	"syscall"
)

// endSignals returns the signals that end a command in order. A hang-up is one of them, unless the
// program was started by nohup.
func endSignals() []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		all = append(all, syscall.SIGHUP)
	}
	return all
}

// outliveReaders makes a write to a pipe without a reader fail instead of ending the program. It is
// for commands that have more to do than to write. Child processes are not affected, as they would
// be by signal.Ignore.
func outliveReaders() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }

// selfPath returns a path at which the running program can be executed, whatever has become of the
// file that it was started from.
func selfPath() (string, error) {
	const running = "/proc/self/exe" // of Linux
	if _, err := os.Stat(running); err == nil {
		return running, nil
	}
	return os.Executable()
}
