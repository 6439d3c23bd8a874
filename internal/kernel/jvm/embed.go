// Package jvm holds the source of the agent: the program that is the driver JVM of an instance. It
// starts Spark, opens the py4j gateway for Python, reports progress, interrupts jobs and guards the
// Spark UI.
//
// The agent is Scala source and no artefact. A runtime compiles it once, when it is installed, with
// the Scala compiler among its Spark's own jars, so that neither building nor using Hearth needs a
// JDK. The package returns the source; it compiles and starts nothing.
//
// The agent reads frames on standard input and writes them to the pipe with the number
// HEARTH_OUT_FD; its SparkConf is the properties file HEARTH_CONF_FILE. It warms the interpreter of
// HEARTH_LANGUAGE up. With the argument --train and without any of these it rehearses a start and a
// few statements, for a class-data archive, and exits with 0.
package jvm

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
)

// Exit codes of the agent. Any other code is that of user code which ended the JVM.
const (
	// ExitStopped follows a Shutdown frame.
	ExitStopped = 0
	// ExitFailedStart follows a Fatal frame: Spark did not start.
	ExitFailedStart = 1
	// ExitOutOfMemory is the JVM's own, by -XX:+ExitOnOutOfMemoryError.
	ExitOutOfMemory = 3
	// ExitOrphaned follows the closing of the supervisor's end of a pipe.
	ExitOrphaned = 4
)

//go:embed agent
var tree embed.FS

// Source is one file to compile.
type Source struct {
	// Name is the file's base name, unique among the sources.
	Name string
	// Code is Scala.
	Code []byte
}

// Sources returns the files of the agent for a Scala line, "2.12" or "2.13", in a fixed order. One
// run of the compiler takes all of them.
func Sources(scala string) ([]Source, error) {
	if scala != "2.12" && scala != "2.13" {
		return nil, fmt.Errorf("jvm: no agent for Scala %q", scala)
	}
	var sources []Source
	for _, dir := range []string{"common", scala} {
		files, err := fs.Glob(tree, path.Join("agent", dir, "*.scala"))
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			code, err := tree.ReadFile(f)
			if err != nil {
				return nil, err
			}
			sources = append(sources, Source{Name: path.Base(f), Code: code})
		}
	}
	return sources, nil
}
