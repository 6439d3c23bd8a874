package runtimes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	connectSet    = "connect" // name of the jar set that spark_jars of the table make
	resolverClass = "hearth.install.Resolve"
	jarLine       = "hearth:jar\t"
)

// ResolveJars gives the jars of Maven coordinates ("group:artifact:version") and of what they
// depend on, without what Spark itself has. It downloads them once; afterwards the answer comes
// from the disk. Spark's own resolver does the work, so repositories and proxies are those of
// $HEARTH_IVY_SETTINGS (an Ivy settings file), HTTPS_PROXY and NO_PROXY, and the certificates of
// $SSL_CERT_FILE are trusted. The error carries what the resolver says.
func ResolveJars(ctx context.Context, inst *Installed, coordinates []string, progress Progress) ([]string, error) {
	if progress == nil {
		progress = Silent{}
	}
	r := resolver{inst: inst, env: cleanEnv(), log: io.Discard, progress: progress}
	return r.resolve(ctx, coordinates)
}

type resolver struct {
	inst     *Installed
	env      []string
	log      io.Writer
	progress Progress
}

func (r resolver) resolve(ctx context.Context, coordinates []string) ([]string, error) {
	for _, c := range coordinates {
		if len(strings.Split(c, ":")) != 3 || strings.ContainsAny(c, ", \t\n") {
			return nil, fmt.Errorf("%q is not a Maven coordinate of the form group:artifact:version", c)
		}
	}
	ivy := filepath.Join(r.inst.Dir, "ivy")
	answers := filepath.Join(ivy, "answers")
	if err := os.MkdirAll(answers, 0o755); err != nil {
		return nil, fmt.Errorf("prepare the directory of jars: %w", err)
	}
	key := filepath.Join(answers, hash([]byte(strings.Join(coordinates, ",")))+".json")
	if jars, ok := readAnswer(key); ok {
		return jars, nil
	}
	unlock, err := lockRuntime(ctx, ivy, "ivy", "fetching jars", false, r.progress)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if jars, ok := readAnswer(key); ok {
		return jars, nil
	}
	jars, err := r.run(ctx, ivy, coordinates)
	if err != nil {
		return nil, err
	}
	answer, err := json.Marshal(jars)
	if err != nil {
		return nil, fmt.Errorf("keep the list of jars: %w", err)
	}
	return jars, writeAtomic(key, answer)
}

// readAnswer reads the jars of an earlier resolution if all of them are still there.
func readAnswer(key string) ([]string, bool) {
	var jars []string
	data, err := os.ReadFile(key)
	if err != nil || json.Unmarshal(data, &jars) != nil {
		return nil, false
	}
	for _, jar := range jars {
		if _, err := os.Stat(jar); err != nil {
			return nil, false
		}
	}
	return jars, true
}

func (r resolver) run(ctx context.Context, ivy string, coordinates []string) ([]string, error) {
	args := []string{"-XX:TieredStopAtLevel=1"}
	args = append(args, r.inst.ArchiveFlags()...)
	args = append(args, "-cp", joinPath(r.inst.ClassPath), resolverClass, ivy, strings.Join(coordinates, ","))
	var jars []string
	say := func(line string) {
		if jar, ok := strings.CutPrefix(line, jarLine); ok {
			jars = append(jars, jar)
		}
		if name, ok := strings.CutPrefix(line, "downloading "); ok {
			name, _, _ = strings.Cut(name, " ")
			r.progress.Update("downloading "+filepath.Base(name), 0, 0)
		}
	}
	began := time.Now()
	err := run(ctx, command{
		what: "fetch " + strings.Join(coordinates, ", "), path: r.inst.Java, args: args, env: r.env, log: r.log, onLine: say,
	})
	if err != nil {
		return nil, err
	}
	if len(jars) == 0 {
		return nil, fmt.Errorf("fetch %s: the resolver found nothing (%s)", strings.Join(coordinates, ", "), time.Since(began).Round(time.Second))
	}
	return jars, nil
}

// fetchJars fetches Spark Connect and the table formats. What cannot be had is noted as missing:
// sessions work without it, and a machine may be offline.
func (b *build) fetchJars(ctx context.Context) error {
	sets := map[string][]string{}
	maps.Copy(sets, b.spec.Formats)
	if len(b.spec.SparkJars) > 0 {
		sets[connectSet] = b.spec.SparkJars
	}
	// What an earlier version of the table named stays until there is something better.
	formats := map[string][]string{}
	maps.Copy(formats, b.inst.Formats)
	b.inst.Formats, b.inst.Missing = formats, map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(sets)) {
		jars, err := b.fetchSet(ctx, name, sets[name])
		if ctx.Err() != nil {
			return fmt.Errorf("fetch jars: %w", context.Cause(ctx))
		}
		if err != nil {
			b.inst.Missing[name] = err.Error()
			b.progress.Warn(fmt.Sprintf("%s cannot be had now; sessions work without it. To try again: hearth runtime install %s -formats",
				name, b.spec.Name))
			continue
		}
		if name == connectSet {
			b.inst.Extra = slices.Sorted(slices.Values(jars))
		} else {
			b.inst.Formats[name] = jars
		}
	}
	digest, err := b.spec.jarsDigest()
	if err != nil {
		return err
	}
	b.inst.JarsDigest = digest
	return b.setClassPath()
}

// fetchSet resolves one set and copies the jars which Spark does not have itself to where the set
// is kept.
func (b *build) fetchSet(ctx context.Context, name string, coordinates []string) ([]string, error) {
	r := resolver{inst: b.inst, env: b.env, log: b.log, progress: b.progress}
	found, err := r.resolve(ctx, coordinates)
	if err != nil {
		return nil, err
	}
	spark, err := b.sparkJars()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(b.dir, "jars", name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("keep the jars of %s: %w", name, err)
	}
	var jars []string
	for _, jar := range found {
		if hasArtifact(spark, jar) {
			continue
		}
		kept := filepath.Join(dir, filepath.Base(jar))
		if err := linkOrCopy(jar, kept); err != nil {
			return nil, fmt.Errorf("keep the jars of %s: %w", name, err)
		}
		jars = append(jars, kept)
	}
	return jars, nil
}

// hasArtifact says whether Spark carries the jar already, in whatever version. The resolver puts
// the group before the name, with an underscore between.
func hasArtifact(spark []string, jar string) bool {
	_, name, ok := strings.Cut(filepath.Base(jar), "_")
	if !ok {
		return false
	}
	return slices.ContainsFunc(spark, func(s string) bool { return artifact(filepath.Base(s)) == artifact(name) })
}

var versionSuffix = regexp.MustCompile(`-\d[^/]*\.jar$`)

// artifact strips the version off the name of a jar, and the group which the resolver puts before
// it.
func artifact(file string) string {
	name := versionSuffix.ReplaceAllString(file, "")
	if group, rest, ok := strings.Cut(name, "_"); ok && strings.Contains(group, ".") {
		return rest
	}
	return name
}

// linkOrCopy makes a second name for a file that nobody changes, on another file system a copy. It
// keeps what is there.
func linkOrCopy(from, to string) error {
	if _, err := os.Stat(to); err == nil {
		return nil
	}
	if os.Link(from, to) == nil {
		return nil
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.CreateTemp(filepath.Dir(to), ".copy-*")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Chmod(0o644), out.Close()); err != nil {
		return err
	}
	return os.Rename(out.Name(), to)
}
