package runtimes

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Kinds of class-data archive; no archive has the empty kind.
const (
	ArchiveAppCDS = "appcds" // -XX:SharedArchiveFile
	ArchiveAOT    = "aot"    // -XX:AOTCache
)

// Installed is a runtime that is complete on this machine. All paths are absolute and stay valid
// while it is held, also when the runtime is installed anew meanwhile. It is a value of the
// manifest: nobody changes it.
type Installed struct {
	Name  string `json:"name"`
	Spark string `json:"spark"`
	Scala string `json:"scala"` // line, "2.12" or "2.13"

	Dir       string `json:"dir"`        // the store directory that holds everything below
	SparkHome string `json:"spark_home"` // the pyspark package: jars/, bin/
	JavaHome  string `json:"java_home"`
	Java      string `json:"java"`       // the java program
	JavaMajor int    `json:"java_major"` // 8, 11, 17, …
	JavaFull  string `json:"java_full"`  // such as "17.0.15"

	Python        string `json:"python"` // of the virtual environment
	PythonVersion string `json:"python_version"`

	// ClassPath is the ordered class path of a driver, the agent's jar last. The archive fits only
	// a class path that starts with the same entries in the same order, so use it as it is and
	// append only.
	ClassPath []string `json:"class_path"`
	AgentJar  string   `json:"agent_jar"`
	AgentHash string   `json:"agent_hash"`

	Archive     string `json:"archive"` // class-data archive; may be empty
	ArchiveKind string `json:"archive_kind"`
	// JVMFlags are the flags with which the archive was made: the module options which this Spark
	// wants, then the collector. Other collectors run as well but start slower.
	JVMFlags []string `json:"jvm_flags"`
	// ModuleOptions is the part of JVMFlags that Spark needs whatever else is chosen.
	ModuleOptions []string `json:"module_options"`

	Connect  bool                `json:"connect"`  // Spark Connect's server is on the class path
	Extra    []string            `json:"extra"`    // the jars that came to Spark's own on the class path
	Formats  map[string][]string `json:"formats"`  // table format to its jars, those that Spark has already left out
	Missing  map[string]string   `json:"missing"`  // jar set ("delta", "iceberg", "connect") to why it is not there
	Packages map[string]string   `json:"packages"` // Python package to version

	SpecDigest  string    `json:"spec_digest"`
	JarsDigest  string    `json:"jars_digest"`
	HelperHash  string    `json:"helper_hash"`
	InstalledAt time.Time `json:"installed_at"`
	Seconds     float64   `json:"install_seconds"`
}

const (
	manifestFile = "manifest.json"
	storeDir     = ".store"
	useLockFile  = "use.lock"
)

// Open reads the runtime of that name below root. It reads complete installations only; anything
// else is ErrNotInstalled with the command that mends it.
func Open(root, name string) (*Installed, error) {
	dir, err := filepath.EvalSymlinks(filepath.Join(root, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, notInstalled(name, "")
	}
	if err != nil {
		return nil, fmt.Errorf("open runtime %s: %w", name, err)
	}
	inst, err := readManifest(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, notInstalled(name, ": it has no manifest")
	}
	if err != nil {
		return nil, fmt.Errorf("open runtime %s: %w", name, err)
	}
	for _, file := range append([]string{inst.Java, inst.Python}, inst.ClassPath...) {
		if _, err := os.Stat(file); err != nil {
			return nil, notInstalled(name, ": "+file+" is gone")
		}
	}
	// An archive is only speed; it may be deleted.
	if _, err := os.Stat(inst.Archive); inst.Archive != "" && err != nil {
		inst.Archive, inst.ArchiveKind = "", ""
	}
	return inst, nil
}

func notInstalled(name, detail string) error {
	return &FixError{Err: fmt.Errorf("%s: %w%s", name, ErrNotInstalled, detail), Fix: "hearth runtime install " + name}
}

func readManifest(dir string) (*Installed, error) {
	data, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if err != nil {
		return nil, err
	}
	var inst Installed
	if err := json.Unmarshal(data, &inst); err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	if inst.Dir != dir {
		return nil, fmt.Errorf("the runtime was moved from %s to %s; install it again", inst.Dir, dir)
	}
	return &inst, nil
}

// writeManifest makes an installation complete. The file by which its users hold it comes first:
// they may have no right to make it.
func writeManifest(inst *Installed) error {
	hold, err := os.OpenFile(inst.UseLock(), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	hold.Close()
	data, err := json.MarshalIndent(inst, "", "  ")
	if err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	return writeAtomic(filepath.Join(inst.Dir, manifestFile), append(data, '\n'))
}

// writeAtomic replaces a file so that a reader, also one after a power cut, sees the old or the new
// contents.
func writeAtomic(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// JavaArgs gives the arguments with which a driver starts quickly: JVMFlags, the archive, the class
// path. The caller adds its own flags before and the main class after them.
func (i *Installed) JavaArgs() []string {
	args := append(slices.Clone(i.JVMFlags), i.ArchiveFlags()...)
	return append(args, "-cp", strings.Join(i.ClassPath, string(os.PathListSeparator)))
}

// ArchiveFlags returns the flags with which java reads the runtime's class-data archive, none if
// there is no archive. One that does not fit is left out by java.
func (i *Installed) ArchiveFlags() []string {
	switch {
	case i.Archive == "":
		return nil
	case i.ArchiveKind == ArchiveAOT:
		return []string{"-XX:AOTCache=" + i.Archive}
	default:
		return []string{"-XX:SharedArchiveFile=" + i.Archive, "-Xshare:auto"}
	}
}

// UseLock is the path of the file on which whoever uses the runtime holds a shared lock, so that it
// is not removed under it; Hold does that for this process.
func (i *Installed) UseLock() string { return filepath.Join(i.Dir, useLockFile) }

// Hold marks the runtime as used by this process until release is called or the process ends;
// meanwhile it is not removed. It fails with ErrNotInstalled if the runtime is being removed.
func (i *Installed) Hold() (release func(), err error) {
	f, err := os.OpenFile(i.UseLock(), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, notInstalled(i.Name, ": it was removed")
	}
	locked, err := tryLock(f, false)
	if _, gone := os.Stat(filepath.Join(i.Dir, manifestFile)); err != nil || !locked || gone != nil {
		f.Close()
		return nil, errors.Join(notInstalled(i.Name, ": it is being removed"), err)
	}
	return func() { f.Close() }, nil
}
