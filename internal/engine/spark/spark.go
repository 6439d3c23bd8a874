// Package spark has the rules for starting and configuring a Spark process: command lines, the
// SparkConf of an instance, the part of it that a request may set, the size of an instance on this
// machine, and the part of the server's environment that it sees.
//
// Everything here is a pure function of its arguments: the package reads no file, no environment
// and no clock, and starts nothing. Drivers (engine/local, clusters later) call it and do the work.
//
// What a newcomer gets wrong: no secret may appear in the result of JavaCommand, because every user
// of the machine can read argv and the owner can read the environment.
package spark

import (
	"strconv"
	"strings"
)

// Runtime is an installed Spark, as far as command lines need it.
type Runtime struct {
	// Spark is the full version: "3.5.7".
	Spark string
	// Java is the path of the java binary.
	Java string
	// JavaMajor is its feature release: 17, 21, 25.
	JavaMajor int
	// Home is SPARK_HOME: the directory that holds jars/.
	Home string
	// ClassPath has Spark's jars and the agent's, beginning with exactly those with which the
	// archive was made, in the same order.
	ClassPath []string
	// Formats holds the jars of each table format: delta, iceberg, hudi.
	Formats map[string][]string
	// ArchiveFlags make java read the class-data archive; none if there is none.
	ArchiveFlags []string
	// Python is the path of the runtime's Python interpreter.
	Python string
}

// Dirs are the directories and files of one instance.
type Dirs struct {
	// Work is the working directory of the processes; relative paths of user code and the default
	// warehouse live there.
	Work string
	// Scratch is removed when the instance is destroyed: temporary files, shuffle data, classes of
	// the Scala interpreter.
	Scratch string
	// Events is where event logs are kept, for as long as the log of the instance, unless the
	// request names another place.
	Events string
	// ConfFile is where the Properties are written, mode 0600, before the JVM starts.
	ConfFile string
	// LogConfig is where LogConfig is written; "" leaves Spark's own.
	LogConfig string
}

// atLeast reports whether version, "major.minor.patch", is major.minor or newer.
func atLeast(version string, major, minor int) bool {
	parts := append(strings.SplitN(version, ".", 3), "0", "0")
	a, _ := strconv.Atoi(parts[0])
	b, _ := strconv.Atoi(parts[1])
	return a > major || a == major && b >= minor
}
