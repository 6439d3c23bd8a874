package runtimes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

func (b *build) venv() string   { return filepath.Join(b.dir, "venv") }
func (b *build) python() string { return filepath.Join(b.venv(), "bin", "python") }

// installPython makes the virtual environment and installs pyspark and the pinned packages into it.
func (b *build) installPython(ctx context.Context) error {
	py := b.base
	b.progress.Note(fmt.Sprintf("Python %s (%s)", py.Version, py.Path))
	if err := b.makeEnvironment(ctx, py, b.venv()); err != nil {
		return err
	}
	if err := b.installPackages(ctx); err != nil {
		return err
	}
	b.progress.Update("compiling the Python packages", 0, 0)
	// In one go and on all cores instead of one by one in pip, and without the tests that packages
	// carry. Some packages have files that are not meant to compile.
	_ = run(ctx, command{
		what: "compile the Python packages", path: b.python(), args: []string{"-m", "compileall", "-q", "-j", "0", "-x", "/tests?/", b.venv()},
		env: b.env, log: b.log,
	})
	if err := b.pip(ctx, "check the Python packages", "check"); err != nil {
		return err
	}
	return b.recordPython(ctx, py)
}

// installPackages installs pyspark and, at the same time, everything else: the one mostly waits for
// the network and the disk, the other for the processor. The lists are complete, so pip need not
// resolve anything. The tools come first, alone:
// they are what the rest runs on, and how old those of the environment are depends on the Python.
func (b *build) installPackages(ctx context.Context) error {
	tools, err := b.packageList(toolsFile)
	if err != nil {
		return err
	}
	list, err := b.packageList(b.spec.Packages)
	if err != nil {
		return err
	}
	if err := b.pip(ctx, "install pip", "install", "--no-deps", "-r", tools); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	others := make(chan error, 1)
	second := &quietUntil{Progress: b.progress}
	go func() {
		err := b.pipShown(ctx, second, "install the Python packages", "install", "--no-deps", "--no-compile", "--progress-bar=raw", "-r", list)
		if err != nil {
			cancel(err)
		}
		others <- err
	}()
	err = b.installSpark(ctx)
	if err != nil {
		cancel(err)
	}
	second.speak.Store(true)
	if other := <-others; other != nil && (err == nil || errors.Is(context.Cause(ctx), other)) {
		return other
	}
	return err
}

func (b *build) packageList(name string) (file string, err error) {
	list, err := packageFiles.ReadFile("packages/" + name)
	if err != nil {
		return "", fmt.Errorf("read the list of packages: %w", err)
	}
	file = filepath.Join(b.dir, name)
	if err := os.WriteFile(file, list, 0o644); err != nil {
		return "", fmt.Errorf("write the list of packages: %w", err)
	}
	return file, nil
}

// installSpark installs pyspark. It comes as a source distribution of 300 MB of jars, of which pip
// makes a wheel first; to store them in it instead of compressing them again saves more than half
// of the time.
func (b *build) installSpark(ctx context.Context) error {
	return b.pip(ctx, "install pyspark", "install", "--no-deps", "--no-compile", "--progress-bar=raw", "--no-build-isolation",
		"--config-settings=--build-option=--compression=stored", "pyspark=="+b.spec.Spark)
}

// pip runs the environment's pip and shows what it does.
func (b *build) pip(ctx context.Context, what string, args ...string) error {
	return b.pipShown(ctx, b.progress, what, args...)
}

func (b *build) pipShown(ctx context.Context, progress Progress, what string, args ...string) error {
	watch := &pipWatch{text: what}
	stop := watch.show(progress)
	defer stop()
	return run(ctx, command{
		what: what, path: b.python(), args: append([]string{"-m", "pip"}, args...),
		env: b.env, log: &withoutBytes{b.log}, onLine: watch.line,
	})
}

// quietUntil is a Progress that keeps its updates to itself until it may speak: of two programs at
// work, one is shown.
type quietUntil struct {
	Progress
	speak atomic.Bool
}

// Update passes the update on once it may.
func (q *quietUntil) Update(text string, done, total int64) {
	if q.speak.Load() {
		q.Progress.Update(text, done, total)
	}
}

// says shows a line of a program as what is being done.
func (b *build) says(line string) { b.progress.Update(line, 0, 0) }

func (b *build) recordPython(ctx context.Context, py Python) error {
	site, err := sitePackages(b.venv())
	if err != nil {
		return err
	}
	const list = `import json, importlib.metadata as m
print(json.dumps({d.metadata["Name"].lower(): d.version for d in m.distributions()}))`
	out, err := probe(ctx, b.env, b.python(), "-c", list)
	if err != nil {
		return fmt.Errorf("list the Python packages: %w", err)
	}
	if err := json.Unmarshal([]byte(out), &b.inst.Packages); err != nil {
		return fmt.Errorf("list the Python packages: %w", err)
	}
	b.inst.Python, b.inst.PythonVersion = b.python(), py.Version
	b.inst.SparkHome = filepath.Join(site, "pyspark")
	return nil
}

// withoutBytes keeps the byte counts of downloads, of which there are thousands, out of the log.
type withoutBytes struct{ io.Writer }

// Write writes a line that is no byte count.
func (w withoutBytes) Write(line []byte) (int, error) {
	if bytesOf.Match(line) {
		return len(line), nil
	}
	return w.Writer.Write(line)
}

// pipWatch turns pip's output into updates: the bytes of a download, else the phase.
type pipWatch struct {
	mu          sync.Mutex
	text        string
	done, total int64
}

// What pip says of a download, and, with a raw progress bar, of its bytes.
var (
	downloading = regexp.MustCompile(`^Downloading (?:\S*/)?(\S+)`)
	bytesOf     = regexp.MustCompile(`^Progress (\d+) of (\d+)`)
)

func (w *pipWatch) line(line string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	line = strings.TrimSpace(line)
	if m := bytesOf.FindStringSubmatch(line); m != nil {
		w.done, _ = strconv.ParseInt(m[1], 10, 64)
		w.total, _ = strconv.ParseInt(m[2], 10, 64)
		return
	}
	text := pipPhase(line)
	if m := downloading.FindStringSubmatch(line); m != nil {
		text = "downloading " + m[1]
	}
	if text != "" {
		w.text, w.done, w.total = text, 0, 0
	}
}

// pipPhase puts the lines of pip worth showing into our words.
func pipPhase(line string) string {
	switch {
	case strings.HasPrefix(line, "Collecting "):
		name, _, _ := strings.Cut(strings.TrimPrefix(line, "Collecting "), " ")
		return "looking for " + name
	case strings.HasPrefix(line, "Preparing metadata"), strings.HasPrefix(line, "Building wheel "):
		return "unpacking"
	case strings.HasPrefix(line, "Installing collected packages: "):
		n := strings.Count(line, ",") + 1
		if n == 1 {
			return "installing " + strings.TrimPrefix(line, "Installing collected packages: ")
		}
		return fmt.Sprintf("installing %d packages", n)
	default:
		return ""
	}
}

// show reports the progress twice a second until stop is called.
func (w *pipWatch) show(p Progress) (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				p.Update(w.now())
			}
		}
	})
	return func() {
		close(done)
		wg.Wait()
	}
}

func (w *pipWatch) now() (text string, done, total int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if name, ok := strings.CutPrefix(w.text, "downloading "); ok && w.total > 0 && w.done >= w.total {
		return "unpacking " + name, 0, 0
	}
	return w.text, w.done, w.total
}
