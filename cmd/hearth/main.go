// Command hearth runs interactive Spark sessions and answers for them in the APIs that their
// clients speak. Without a subcommand it says what there is.
//
// This package wires the packages below internal together and talks to people; it holds no rule.
// The subcommand supervise is for the program alone: it is the parent of one session's processes,
// and is dispatched before anything is set up, because one of it lives beside every session.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
)

func main() {
	sealDescriptors()
	if len(os.Args) > 1 && os.Args[1] == "supervise" {
		os.Exit(runSupervise(os.Args[2:]))
	}
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// command is one subcommand. It answers the exit code: 0, 1 for a failure, 2 for a wrong command
// line.
type command struct {
	name, about string
	run         func(ctx context.Context, args []string, stdout, stderr io.Writer) int
}

func commands() []command {
	return []command{
		{"serve", "answer requests until ctrl-C", runServe},
		{"runtime", "list, install and remove Spark runtimes", runRuntime},
		{"session", "list, show and stop sessions of a running server, read their logs", runSession},
		{"doctor", "say what is missing on this machine, and how to mend it", runDoctor},
		{"version", "print the version", runVersion},
	}
}

func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		usage(stderr)
		return 2
	}
	if asksForHelp(args[0]) {
		usage(stdout)
		return 0
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return interruptible(c, args[1:], stdout, stderr)
		}
	}
	fmt.Fprintf(stderr, "hearth: there is no command %q\n\n", args[0])
	usage(stderr)
	return 2
}

func asksForHelp(word string) bool {
	return slices.Contains([]string{"help", "-h", "-help", "--help"}, word)
}

// noVerb answers for a command with verbs of which none is to run: with its usage where that was
// asked for, else with what is wrong.
func noVerb(command string, args []string, usage string, stdout, stderr io.Writer) int {
	if len(args) > 0 && asksForHelp(args[0]) {
		fmt.Fprint(stdout, usage)
		return 0
	}
	if len(args) > 0 {
		fmt.Fprintf(stderr, "hearth: there is no command %q\n\n", command+" "+args[0])
	}
	fmt.Fprint(stderr, usage)
	return 2
}

// interruptible runs a command with a context that ctrl-C ends. serve has its own idea of a second
// ctrl-C and takes the signals itself.
func interruptible(c command, args []string, stdout, stderr io.Writer) int {
	if c.name == "serve" || c.name == "runtime" {
		outliveReaders()
	}
	if c.name == "serve" {
		return c.run(context.Background(), args, stdout, stderr)
	}
	ctx, stop := signal.NotifyContext(context.Background(), endSignals()...)
	defer stop()
	return c.run(ctx, args, stdout, stderr)
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "usage: hearth COMMAND [FLAGS]")
	fmt.Fprintln(w)
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-8s  %s\n", c.name, c.about)
	}
	fmt.Fprintln(w, "\nhearth COMMAND -h shows the flags of a command. First: hearth runtime install, then hearth serve.")
}
