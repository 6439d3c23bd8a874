package runtimes

import (
	"archive/zip"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// helperFiles are our own few Scala classes that run in a runtime's Java: the jar resolver, the
// training of the archive.
//
//go:embed resolve
var helperFiles embed.FS

// helperPackages are the directories of the helper's classes; whatever else a compilation makes is
// the agent's.
var helperPackages = []string{"hearth/install/", "org/apache/spark/hearthinstall/"}

// helperSources gives the helper's sources for a Scala line.
func helperSources(scala string) ([]Source, error) {
	var out []Source
	for _, dir := range []string{"resolve/common", "resolve/" + scala} {
		entries, err := fs.ReadDir(helperFiles, dir)
		if err != nil {
			return nil, fmt.Errorf("read the helper's sources for Scala %s: %w", scala, err)
		}
		for _, e := range entries {
			code, err := helperFiles.ReadFile(path.Join(dir, e.Name()))
			if err != nil {
				return nil, fmt.Errorf("read the helper's sources for Scala %s: %w", scala, err)
			}
			out = append(out, Source{Name: "install_" + e.Name(), Code: code})
		}
	}
	return out, nil
}

// hashSources names a set of sources, whatever their order.
func hashSources(sources []Source) string {
	sorted := slices.SortedFunc(slices.Values(sources), func(a, b Source) int { return strings.Compare(a.Name, b.Name) })
	var parts [][]byte
	for _, s := range sorted {
		parts = append(parts, []byte(s.Name), s.Code)
	}
	return hash(parts...)
}

// NeedsAgent says whether the agent of the runtime is another than the one given; it never is where
// agent is nil. It fails if the sources cannot be had.
func (i *Installed) NeedsAgent(agent AgentSource) (bool, error) {
	if agent == nil {
		return false, nil
	}
	sources, err := agent(i.Scala)
	if err != nil {
		return false, fmt.Errorf("agent sources for Scala %s: %w", i.Scala, err)
	}
	return hashSources(sources) != i.AgentHash, nil
}

func needsHelper(i *Installed) (bool, error) {
	sources, err := helperSources(i.Scala)
	return hashSources(sources) != i.HelperHash, err
}

// WithAgent gives the runtime with the agent of these sources on its class path, whichever the
// manifest names: servers of two builds may share a runtime, and each must start its own. It fails
// with ErrNotInstalled if that agent was never compiled; EnsureAgent does.
func (i *Installed) WithAgent(agent AgentSource) (*Installed, error) {
	sources, err := agent(i.Scala)
	if err != nil {
		return nil, fmt.Errorf("agent sources for Scala %s: %w", i.Scala, err)
	}
	with := *i
	with.AgentHash = hashSources(sources)
	with.AgentJar = agentJar(i.Dir, with.AgentHash)
	if _, err := os.Stat(with.AgentJar); err != nil {
		return nil, notInstalled(i.Name, ": its agent is another")
	}
	with.ClassPath = append(i.withoutAgent(), with.AgentJar)
	return &with, nil
}

// withoutAgent is a copy of the class path up to the agent.
func (i *Installed) withoutAgent() []string {
	return slices.DeleteFunc(slices.Clone(i.ClassPath), func(jar string) bool { return jar == i.AgentJar })
}

func agentJar(dir, hash string) string { return filepath.Join(dir, "agent-"+hash+".jar") }

func helperJar(dir, hash string) string { return filepath.Join(dir, "helper-"+hash+".jar") }

// compileAll compiles what of helper and agent is not there yet, in one run of the compiler, and
// sets the class path.
func (b *build) compileAll(ctx context.Context) error {
	helper, err := helperSources(b.spec.Scala)
	if err != nil {
		return err
	}
	b.inst.HelperHash = hashSources(helper)
	var todo []Source
	if _, err := os.Stat(helperJar(b.dir, b.inst.HelperHash)); err != nil {
		todo = helper
	}
	return b.compileWith(ctx, todo)
}

// compileAgent compiles the agent and leaves the helper as it is, because the archive was made with
// that one.
func (b *build) compileAgent(ctx context.Context) error { return b.compileWith(ctx, nil) }

func (b *build) compileWith(ctx context.Context, todo []Source) error {
	if b.installer.Agent != nil {
		agent, err := b.installer.Agent(b.spec.Scala)
		if err != nil {
			return fmt.Errorf("agent sources for Scala %s: %w", b.spec.Scala, err)
		}
		b.inst.AgentHash = hashSources(agent)
		b.inst.AgentJar = agentJar(b.dir, b.inst.AgentHash)
		if _, err := os.Stat(b.inst.AgentJar); err != nil {
			todo = append(todo, agent...)
		}
	}
	if len(todo) > 0 {
		if err := b.compile(ctx, todo); err != nil {
			return err
		}
	}
	return b.setClassPath()
}

// compile runs the Scala compiler that comes with Spark over the sources and packs the classes into
// the two jars.
func (b *build) compile(ctx context.Context, sources []Source) error {
	src, classes := filepath.Join(b.dir, "tmp", "src"), filepath.Join(b.dir, "tmp", "classes")
	if err := errors.Join(os.RemoveAll(src), os.RemoveAll(classes), os.MkdirAll(src, 0o755), os.MkdirAll(classes, 0o755)); err != nil {
		return fmt.Errorf("prepare the compilation: %w", err)
	}
	spark, err := b.sparkJars()
	if err != nil {
		return err
	}
	// The compiler is recursive; the flags are for a program that runs for five seconds.
	args := []string{
		"-Xss8m", "-XX:TieredStopAtLevel=1", "-cp", joinPath(spark), "scala.tools.nsc.Main",
		"-usejavacp", "-nowarn", "-encoding", "UTF-8", "-d", classes,
	}
	for _, s := range sources {
		file := filepath.Join(src, filepath.Base(s.Name))
		if err := os.WriteFile(file, s.Code, 0o644); err != nil {
			return fmt.Errorf("write %s: %w", s.Name, err)
		}
		args = append(args, file)
	}
	b.progress.Update(fmt.Sprintf("compiling %d files", len(sources)), 0, 0)
	if err := run(ctx, command{what: "compile the agent", path: b.inst.Java, args: args, env: b.env, log: b.log}); err != nil {
		return err
	}
	isHelper := func(name string) bool {
		return slices.ContainsFunc(helperPackages, func(p string) bool { return strings.HasPrefix(name, p) })
	}
	if err := writeJar(helperJar(b.dir, b.inst.HelperHash), classes, isHelper); err != nil {
		return err
	}
	return writeJar(b.inst.AgentJar, classes, func(name string) bool { return !isHelper(name) })
}

// writeJar packs the files below dir that belong to it into a jar, unless there are none. A jar
// that is there stays as it is: Java compares its time with the one in the archive.
func writeJar(file, dir string, belongs func(name string) bool) error {
	var names []string
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if name := filepath.ToSlash(rel); err == nil && belongs(name) {
			names = append(names, name)
		}
		return err
	})
	if err != nil || len(names) == 0 || file == "" {
		return err
	}
	if _, err := os.Stat(file); err == nil {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".jar-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	defer os.Remove(f.Name())
	err = errors.Join(zipFiles(f, dir, names), f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return nil
}

func zipFiles(w io.Writer, dir string, names []string) error {
	z := zip.NewWriter(w)
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		entry, err := z.Create(name)
		if err != nil {
			return err
		}
		if _, err := entry.Write(data); err != nil {
			return err
		}
	}
	return z.Close()
}

// sparkJars lists the jars of pyspark in the order that every command line uses.
func (b *build) sparkJars() ([]string, error) {
	jars, err := filepath.Glob(filepath.Join(b.inst.SparkHome, "jars", "*.jar"))
	if err != nil || len(jars) == 0 {
		return nil, fmt.Errorf("%s has no jars", b.inst.SparkHome)
	}
	slices.Sort(jars)
	return jars, nil
}

// setClassPath fixes the class path: Spark, Connect, helper, agent. The agent is last, so that a
// new one leaves the part that the archive was made with as it is.
func (b *build) setClassPath() error {
	jars, err := b.sparkJars()
	if err != nil {
		return err
	}
	jars = append(jars, b.inst.Extra...)
	b.inst.Connect = slices.ContainsFunc(jars, func(j string) bool {
		return strings.HasPrefix(artifact(filepath.Base(j)), "spark-connect_")
	})
	jars = append(jars, helperJar(b.dir, b.inst.HelperHash))
	if b.inst.AgentJar != "" {
		jars = append(jars, b.inst.AgentJar)
	}
	b.inst.ClassPath = jars
	return nil
}

func joinPath(jars []string) string { return strings.Join(jars, string(os.PathListSeparator)) }
