// Package recipe plans the processes of a Spark session under a supervisor: the agent in a JVM and
// the Python kernel beside it, or one spark-submit for a batch. Every engine that runs Spark under
// a supervisor uses it.
//
// Command lines and configuration are those of engine/spark. The package writes nothing into an
// instance's directory and starts nothing: a plan names the files, and the engine writes them.
package recipe

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"hearth/internal/engine"
	"hearth/internal/engine/spark"
	"hearth/internal/engine/supervise"
	"hearth/internal/kernel/py"
	"hearth/internal/runtimes"
)

// Config configures a Recipe.
type Config struct {
	// DataDir is the server's data directory; the Python kernel is written there once for all
	// instances.
	DataDir string
	// Open opens an installed runtime by its name.
	Open func(name string) (*runtimes.Installed, error)
	// Machine is the most that one instance may have of the machine.
	Machine spark.Machine
	// Passing selects the part of the server's environment that instances see.
	Passing spark.Passing
	// Stall is the longest time that a start may go on without progress; 0 means two minutes.
	Stall time.Duration
}

// Recipe has the policy and the plans of Spark sessions. Make it with New.
type Recipe struct{ config Config }

// New returns the recipe of a configuration.
func New(c Config) Recipe { return Recipe{c} }

// Admit applies the policy of engine/spark to a spec, as engine.Driver does, and refuses files that
// do not exist and options of pip that choose where modules go.
func (Recipe) Admit(_ context.Context, s engine.Spec) (engine.Spec, error) {
	s, err := spark.Admit(s)
	if err != nil {
		return engine.Spec{}, err
	}
	return s, checkSpec(s)
}

// Plan returns how an admitted spec runs in a directory. ErrInvalid for a spec that can never run.
func (r Recipe) Plan(_ context.Context, s engine.Spec, dir supervise.Dir) (supervise.Plan, error) {
	c := r.config
	rt, err := c.Open(s.Launch.Runtime)
	if err != nil {
		return supervise.Plan{}, &engine.InvalidError{Text: fmt.Sprintf("the runtime %q cannot be used: %v", s.Launch.Runtime, err), Err: err}
	}
	if err := checkSpec(s); err != nil {
		return supervise.Plan{}, err
	}
	// Absolute, because the processes have a working directory of their own.
	kernels, err := filepath.Abs(filepath.Join(c.DataDir, "kernels"))
	if err != nil {
		return supervise.Plan{}, fmt.Errorf("write the Python kernel: %w", err)
	}
	kernel, err := py.WriteTo(kernels)
	if err != nil {
		return supervise.Plan{}, err
	}
	b := builder{c: c, s: s, dir: dir, rt: rt, kernel: kernel, given: spark.Scale(s.Launch, c.Machine)}
	return b.plan()
}

// checkSpec refuses a spec that can never run. Its texts are for the client.
func checkSpec(s engine.Spec) error {
	files := slices.Concat(s.Launch.Jars, s.Setup.PyFiles, s.Setup.Files, s.Setup.ModuleFiles)
	for _, archive := range s.Launch.Archives {
		path, _, _ := strings.Cut(archive, "#")
		files = append(files, path)
	}
	if s.Launch.Batch != nil {
		files = append(files, s.Launch.Batch.Main)
	}
	for _, file := range files {
		if _, err := os.Stat(file); err != nil {
			return engine.Invalidf("the file %s cannot be read", file)
		}
	}
	for _, m := range s.Setup.PythonModules {
		// A path is one of ModuleFiles, which were admitted.
		if m == "" || strings.HasPrefix(m, "-") || strings.Contains(m, "://") || filepath.IsAbs(m) {
			return engine.Invalidf("%q is not a Python module", m)
		}
	}
	for _, o := range s.Setup.PipOptions {
		if name, _, _ := strings.Cut(o, "="); slices.Contains(pipPlaces, name) || strings.HasPrefix(o, "-t") {
			return engine.Invalidf("the pip option %s is not allowed, because modules go into the session alone", name)
		}
	}
	return nil
}

// pipPlaces are the options of pip that choose where modules go.
var pipPlaces = []string{
	"--target", "--user", "--root", "--prefix", "--src", "--python", "--dry-run", "--report", "--break-system-packages",
	"--isolated", "--require-virtualenv", "--log",
}

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
		Work: b.in("work"), Scratch: b.in("scratch"), ConfFile: b.in("spark.conf"), LogConfig: b.in("log4j2.properties"),
	}
}

func (b *builder) files() []supervise.File {
	d := b.dirs()
	return []supervise.File{
		{Path: b.in("overlay.py"), Data: overlayScript},
		{Path: d.LogConfig, Data: spark.LogConfig()},
		{Path: d.ConfFile, Data: spark.Conf(b.s, b.given, d).Encode()},
	}
}

// tmp returns the temporary directory of every process, the one in JavaCommand.
func (b *builder) tmp() string { return filepath.Join(b.dirs().Scratch, "tmp") }

func (b *builder) plan() (supervise.Plan, error) {
	rt := b.runtime()
	o := spark.JavaOptions{Given: b.given, Dirs: b.dirs(), Jars: b.s.Launch.Jars, Formats: b.s.Launch.Formats, OutFD: supervise.OutFD}
	command := func() (argv, env []string) { return spark.JavaCommand(rt, o) }
	if b.s.Launch.Batch != nil {
		command = func() (argv, env []string) { return spark.BatchCommand(rt, o, *b.s.Launch.Batch) }
	}
	argv, own := command()
	env := spark.Environ(os.Environ(), b.c.Passing, b.s.Setup.Env, append(own, b.common()...))
	launch := supervise.Launch{
		Info:  engine.Info{Cores: b.given.Cores, MemoryMB: b.given.MemoryMB},
		Stall: b.c.Stall, OutputLimit: b.s.Setup.OutputLimit, Batch: b.s.Launch.Batch != nil,
		Hold: []string{b.rt.UseLock()},
	}
	if err := b.processes(&launch, argv, env); err != nil {
		return supervise.Plan{}, err
	}
	return supervise.Plan{
		Launch: launch, Head: b.head(rt), Files: b.files(), Dirs: []string{b.dirs().Work, b.tmp(), b.in("overlay")},
	}, nil
}

// processes adds the agent and the Python kernel to the launch, or the one JVM of a batch, which is
// the parent of a Python program.
func (b *builder) processes(l *supervise.Launch, argv, env []string) error {
	jvm := b.jvm(argv, env)
	if b.s.Launch.Batch != nil {
		before, err := b.before(env)
		jvm.Before = before
		l.Processes = []supervise.Process{jvm}
		return err
	}
	python, err := b.python(env)
	if err != nil {
		return err
	}
	l.Processes = []supervise.Process{jvm, python}
	l.Route = map[engine.Language]string{
		engine.Python: spark.RolePython, engine.PythonJob: spark.RolePython,
		engine.Scala: spark.RoleJVM, engine.SQL: spark.RoleJVM,
	}
	return nil
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
	if asked := b.s.Setup.Env["PYTHONPATH"]; asked != "" {
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
func (b *builder) python(env []string) (supervise.Process, error) {
	args := b.s.Setup.Args
	if args == nil {
		args = []string{}
	}
	argv, err := json.Marshal(args)
	if err != nil {
		return supervise.Process{}, fmt.Errorf("encode the arguments: %w", err)
	}
	p := supervise.Process{
		Role: spark.RolePython, Argv: []string{b.rt.Python, b.kernel}, Dir: b.dirs().Work,
		// It must learn of an interrupt before the JVM makes its jobs fail.
		InterruptFirst: true, TakesGateway: true, Takes: []engine.FileKind{engine.FilePython}, Dispensable: b.s.Setup.Degrade,
		Env: append(slices.Clone(env), "HEARTH_ARGV_JSON="+string(argv), "HEARTH_SCRATCH="+b.in("ipython")),
	}
	p.Before, err = b.before(env)
	return p, err
}

// before returns the step that installs the session's own modules, if it has any.
func (b *builder) before(env []string) ([]supervise.Step, error) {
	if len(b.s.Setup.PythonModules) == 0 && len(b.s.Setup.ModuleFiles) == 0 {
		return nil, nil
	}
	step, err := b.overlay(env)
	return []supervise.Step{step}, err
}

//go:embed overlay.py
var overlayScript []byte

// overlay returns the step that installs the session's modules. pip has the configuration of the
// server's user, as it has for runtimes.
func (b *builder) overlay(env []string) (supervise.Step, error) {
	keep := []string{}
	for _, name := range []string{"pyspark", "py4j"} {
		if version := b.rt.Packages[name]; version != "" {
			keep = append(keep, name+"=="+version)
		}
	}
	orders, err := json.Marshal(map[string]any{
		"target": b.in("overlay"), "options": append([]string{}, b.s.Setup.PipOptions...), "modules": slices.Concat(b.s.Setup.PythonModules, b.s.Setup.ModuleFiles), "keep": keep,
	})
	if err != nil {
		return supervise.Step{}, fmt.Errorf("encode the modules: %w", err)
	}
	for _, kv := range os.Environ() {
		if strings.HasPrefix(kv, "PIP_") {
			env = append(slices.Clip(env), kv)
		}
	}
	return supervise.Step{
		Name: "installing Python modules", Argv: []string{b.rt.Python, b.in("overlay.py"), string(orders)}, Env: env, Dir: b.in(""),
	}, nil
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
