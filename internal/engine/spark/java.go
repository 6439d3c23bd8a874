package spark

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// MainClass is the agent's main class.
const MainClass = "hearth.agent.Main"

// JavaOptions are the options of one start of the agent, beside the runtime.
type JavaOptions struct {
	Given Given
	Dirs  Dirs
	// Jars follow Spark's own jars on the class path, in this order.
	Jars []string
	// Formats names table formats, whose jars follow Jars; a format that the runtime lacks adds
	// nothing.
	Formats []string
	// OutFD is the number of the descriptor on which the agent writes frames.
	OutFD int
	// Main is the main class, MainClass if it is "".
	Main string
	// Args follow the main class: none for an instance, TrainArg at install.
	Args []string
}

// TrainArg makes the agent rehearse a start and exit, while a class-data archive is made.
const TrainArg = "--train"

// JavaCommand returns the command line that starts the agent, and the variables that its
// environment needs on top of Environ. Neither holds a secret.
func JavaCommand(rt Runtime, o JavaOptions) (argv, env []string) {
	argv = append(argv, rt.Java)
	argv = append(argv, machineFlags(rt, o.Given)...)
	argv = append(argv, compilerFlags()...)
	argv = append(argv, moduleOptions(rt.Spark)...)
	argv = append(argv, propertyFlags(o.Dirs)...)
	argv = append(argv, "-cp", strings.Join(classPath(rt, o), ":"), cmp.Or(o.Main, MainClass))
	return append(argv, o.Args...), javaEnv(rt, o)
}

// machineFlags sizes the JVM and makes it start quickly.
func machineFlags(rt Runtime, g Given) []string {
	flags := []string{
		fmt.Sprintf("-Xmx%dm", g.MemoryMB),
		"-Xss4m", // Catalyst recurses deeply; Spark's own build and docs use 4m
		fmt.Sprintf("-XX:ActiveProcessorCount=%d", max(g.Cores, 1)),
		collector(g),
		"-XX:+ExitOnOutOfMemoryError",
		"-XX:-UsePerfData",
		"-XX:+IgnoreUnrecognizedVMOptions",
	}
	return append(flags, rt.ArchiveFlags...)
}

// compilerFlags make the JVM compile optimised code (C2) later than by default. While a session
// starts, that work only competes with the start; the loops of a long job pass the higher
// thresholds soon enough. On Spark 3.5 and two busy cores, in seconds of processor time from start
// to a first count: 9.0 with Java's own thresholds, 6.9 with these, 4.3 without C2. But without C2
// a sum over generated code takes 12 to 18 s instead of 5; with these it takes 5.4.
func compilerFlags() []string {
	return []string{
		"-XX:Tier3InvocationThreshold=1000",
		"-XX:Tier3MinInvocationThreshold=500",
		"-XX:Tier3CompileThreshold=10000",
		"-XX:Tier4InvocationThreshold=50000",
		"-XX:Tier4MinInvocationThreshold=6000",
		"-XX:Tier4CompileThreshold=150000",
		"-XX:Tier4BackEdgeThreshold=400000",
	}
}

// serialBelowMB is the size of the heap, in MiB, below which the serial collector is better: it
// starts quicker and needs no helper threads.
const serialBelowMB = 4096

func collector(g Given) string {
	if g.MemoryMB < serialBelowMB || g.Cores < 2 {
		return "-XX:+UseSerialGC"
	}
	return "-XX:+UseG1GC"
}

func propertyFlags(d Dirs) []string {
	flags := []string{
		"-Dfile.encoding=UTF-8",
		"-Djava.io.tmpdir=" + filepath.Join(d.Scratch, "tmp"),
		"-Djava.net.preferIPv4Stack=true", // 127.0.0.1 everywhere, also where ::1 comes first
		"-Djava.awt.headless=true",
		"-Dderby.system.home=" + d.Scratch,
		"-Dlog4j2.disableJmx=true", // a management bean per logger, which nothing reads
	}
	if d.LogConfig != "" {
		flags = append(flags, "-Dlog4j2.configurationFile="+d.LogConfig)
	}
	return flags
}

// classPath returns the class path, with the runtime's part first and unchanged: an archive is
// valid only for a class path that begins with the one it was made with.
func classPath(rt Runtime, o JavaOptions) []string {
	path := append([]string(nil), rt.ClassPath...)
	path = append(path, o.Jars...)
	for _, format := range o.Formats {
		path = append(path, rt.Formats[format]...)
	}
	return path
}

func javaEnv(rt Runtime, o JavaOptions) []string {
	env := []string{
		"HEARTH_CONF_FILE=" + o.Dirs.ConfFile,
		"HEARTH_OUT_FD=" + strconv.Itoa(o.OutFD),
		"SPARK_HOME=" + rt.Home,
		// Binds the UI to loopback and saves Spark a look-up of the host's name.
		"SPARK_LOCAL_IP=127.0.0.1",
		"SPARK_LOCAL_HOSTNAME=127.0.0.1",
		// Instead of spark.local.dir, about which Spark warns.
		"SPARK_LOCAL_DIRS=" + filepath.Join(o.Dirs.Scratch, "spark"),
		"MALLOC_ARENA_MAX=2",
	}
	if rt.Python != "" {
		env = append(env, "PYSPARK_PYTHON="+rt.Python, "PYSPARK_DRIVER_PYTHON="+rt.Python)
	}
	return env
}
