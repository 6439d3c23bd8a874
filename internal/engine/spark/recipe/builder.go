package recipe

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hearth/internal/engine"
	"hearth/internal/engine/spark"
	"hearth/internal/engine/supervise"
	"hearth/internal/runtimes"
)

// builder makes the plan of one instance.
type builder struct {
	c      Config
	s      engine.Spec
	dir    supervise.Dir
	rt     *runtimes.Installed
	kernel string // directory of the Python kernel
	given  spark.Given
}

func (b *builder) in(name string) string { return filepath.Join(b.dir.Run(), name) }

func (b *builder) dirs() spark.Dirs {
	return spark.Dirs{
		Work: b.in("work"), Scratch: b.in("scratch"), Events: filepath.Join(string(b.dir), "events"), ConfFile: b.in("spark.conf"), LogConfig: b.in("log4j2.properties"),
	}
}

func (b *builder) files() []supervise.File {
	d := b.dirs()
	return append(b.moduleFiles(),
		supervise.File{Path: b.in("argv.json"), Data: b.argv()},
		supervise.File{Path: d.LogConfig, Data: spark.LogConfig()},
		supervise.File{Path: d.ConfFile, Data: spark.Conf(b.s, b.given, d).Encode()},
	)
}

// argv returns the arguments of the session as JSON. They are no variable of the environment,
// because one of those has at most 128 KiB on Linux.
func (b *builder) argv() []byte {
	text, err := json.Marshal(append([]string{}, b.s.Setup.Args...))
	if err != nil {
		panic(err) // strings can always be encoded
	}
	return text
}

// tmp returns the temporary directory of every process, the one in JavaCommand.
func (b *builder) tmp() string { return filepath.Join(b.dirs().Scratch, "tmp") }

func (b *builder) plan() supervise.Plan {
	rt := b.runtime()
	o := spark.JavaOptions{Given: b.given, Dirs: b.dirs(), Jars: b.s.Launch.Jars, Formats: b.s.Launch.Formats, OutFD: supervise.OutFD}
	command := func() (argv, env []string) { return spark.JavaCommand(rt, o) }
	if b.s.Launch.Batch != nil {
		command = func() (argv, env []string) { return spark.BatchCommand(rt, o, *b.s.Launch.Batch) }
	}
	argv, own := command()
	env := spark.Environ(b.c.Environ, b.c.Passing, spark.Asked(b.s), append(own, b.common()...))
	launch := supervise.Launch{
		Info:  engine.Info{Cores: b.given.Cores, MemoryMB: b.given.MemoryMB},
		Stall: b.c.Stall, OutputLimit: b.s.Setup.OutputLimit, Batch: b.s.Launch.Batch != nil,
		Hold: []string{b.rt.UseLock()},
	}
	b.processes(&launch, argv, env)
	dirs := []string{b.dirs().Work, b.tmp(), b.in("overlay")}
	if spark.LogsEvents(b.s.Conf()) {
		dirs = append(dirs, b.dirs().Events)
	}
	return supervise.Plan{Launch: launch, Head: b.head(rt), Files: b.files(), Dirs: dirs}
}

// processes adds the agent and the Python kernel to the launch, or the one JVM of a batch, which is
// the parent of a Python program.
func (b *builder) processes(l *supervise.Launch, argv, env []string) {
	jvm := b.jvm(argv, env)
	if b.s.Launch.Batch != nil {
		jvm.Before = b.before(env)
		l.Processes = []supervise.Process{jvm}
		return
	}
	l.Processes = []supervise.Process{jvm, b.python(env)}
	l.Route = map[engine.Language]string{
		engine.Python: spark.RolePython, engine.PythonJob: spark.RolePython,
		engine.Scala: spark.RoleJVM, engine.SQL: spark.RoleJVM,
	}
}

// jvm returns the agent's process. Only its environment names the language, which it warms up.
func (b *builder) jvm(argv, env []string) supervise.Process {
	own := append(slices.Clone(env), "HEARTH_LANGUAGE="+string(b.s.Setup.Language))
	return supervise.Process{
		Role: spark.RoleJVM, Argv: argv, Env: own, Dir: b.dirs().Work, Stdin: true, Leads: true, OOMText: spark.OOMText,
		Takes: []engine.FileKind{engine.FileJar, engine.FilePlain},
	}
}

func (b *builder) runtime() spark.Runtime {
	return spark.Runtime{
		Spark: b.rt.Spark, Java: b.rt.Java, JavaMajor: b.rt.JavaMajor, Home: b.rt.SparkHome, ClassPath: b.rt.ClassPath,
		Formats: b.rt.Formats, Python: b.rt.Python, ArchiveFlags: b.rt.ArchiveFlags(),
	}
}

// common returns the environment that all processes share, in addition to that of JavaCommand.
func (b *builder) common() []string {
	path := b.in("overlay")
	if asked := spark.Asked(b.s)["PYTHONPATH"]; asked != "" {
		path += string(os.PathListSeparator) + asked
	}
	env := []string{"TMPDIR=" + b.tmp(), "PYTHONPATH=" + path, "JAVA_HOME=" + b.rt.JavaHome}
	for _, name := range slices.Sorted(maps.Keys(b.s.Labels)) {
		env = append(env, "HEARTH_"+strings.ToUpper(name)+"="+b.s.Labels[name])
	}
	return env
}

// python returns the Python kernel's process. The session's own modules are installed before it
// starts, while the JVM starts.
func (b *builder) python(env []string) supervise.Process {
	return supervise.Process{
		Role: spark.RolePython, Argv: []string{b.rt.Python, b.kernel}, Dir: b.dirs().Work,
		// It must learn of an interrupt before the JVM makes its jobs fail.
		InterruptFirst: true, TakesGateway: true, Takes: []engine.FileKind{engine.FilePython}, Dispensable: b.s.Setup.Degrade,
		Env:    append(slices.Clone(env), "HEARTH_ARGV_FILE="+b.in("argv.json"), "HEARTH_SCRATCH="+b.in("ipython")),
		Before: b.before(env),
	}
}

// head returns the first lines of the log.
func (b *builder) head(rt spark.Runtime) []string {
	var head []string
	if len(b.s.Notes) > 0 {
		head = append(head, b.s.NoteLine())
	}
	line := b.given.Line(rt, b.c.Machine)
	for _, format := range b.s.Launch.Formats {
		if len(b.rt.Formats[format]) == 0 {
			line += fmt.Sprintf(", without %s, which this runtime does not have", format)
		}
	}
	head = append(head, line)
	who := "instance " + b.s.ID
	for _, name := range slices.Sorted(maps.Keys(b.s.Labels)) {
		who += fmt.Sprintf(", %s %s", name, b.s.Labels[name])
	}
	return append(head, who)
}
