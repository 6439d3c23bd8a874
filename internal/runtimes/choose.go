package runtimes

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Auto is the version that leaves the choice to us.
const Auto = "auto"

// Request is what a session asks for.
type Request struct {
	API     string // "glue", "athena", "emr"; "spark" where Version is a version of Spark itself
	Version string // as the client wrote it; "" and Auto mean the default
	Strict  bool   // refuse anything but the same line of Spark
}

// Resolution is what serves a request, and how near it comes.
type Resolution struct {
	Requested string // the release asked for, such as "glue 4.0"; Auto if none was
	Spark     string // the Spark that the release means; empty for Auto
	Served    Spec   // what serves it
	Exact     bool   // same line of Spark (3.5 is one line), or no release asked for
	Text      string // one line for people; says so where it is a substitution
}

// Default chooses the runtime for a machine whose Python has this version ("3.11" or longer): the
// first row of the table that supports it. The reason is one sentence. It fails if no row does.
func Default(specs []Spec, pythonVersion string) (Spec, string, error) {
	for i, s := range specs {
		if !s.Python.Contains(pythonVersion) {
			continue
		}
		reason := fmt.Sprintf("Python %s is within %s, which %s supports", line(pythonVersion), s.Python, s.Name)
		if i > 0 {
			reason += fmt.Sprintf("; %s stops at Python %s", specs[0].Name, specs[0].Python.Max)
		}
		return s, reason, nil
	}
	return Spec{}, "", fmt.Errorf("no runtime supports Python %s; %s", pythonVersion, supported(specs))
}

func supported(specs []Spec) string {
	var parts []string
	for _, s := range specs {
		parts = append(parts, fmt.Sprintf("%s wants Python %s", s.Name, s.Python))
	}
	return strings.Join(parts, ", ")
}

// Resolve says which of the installed runtimes (names; fallback is the one for Auto, if it is among
// them) serves a request. The same line of Spark is exact, whatever the patch release. Anything
// else is a substitution by the nearest line, a newer one where two are as near, and is refused
// with ErrUnserved if the request is strict. An unknown release is served by the fallback as a
// substitution.
func Resolve(specs []Spec, releases []Release, installed []string, fallback string, req Request) (Resolution, error) {
	var have []Spec
	for _, s := range specs {
		if slices.Contains(installed, s.Name) {
			have = append(have, s)
		}
	}
	if len(have) == 0 {
		return Resolution{}, &FixError{Err: ErrNotInstalled, Fix: "hearth runtime install"}
	}
	def := have[0]
	if i := slices.IndexFunc(have, func(s Spec) bool { return s.Name == fallback }); i >= 0 {
		def = have[i]
	}
	if req.Version == "" || req.Version == Auto {
		return Resolution{Requested: Auto, Served: def, Exact: true, Text: served(def)}, nil
	}
	return resolveRelease(have, def, releases, req)
}

func resolveRelease(have []Spec, def Spec, releases []Release, req Request) (Resolution, error) {
	r := Resolution{Requested: req.API + " " + req.Version, Spark: sparkOf(releases, req)}
	if req.API == "spark" {
		r.Requested = "Spark " + req.Version
	}
	if r.Spark == "" {
		r.Served = def
		r.Text = fmt.Sprintf("%s is not known; served by %s", r.Requested, served(def))
	} else {
		r.Served = nearest(have, r.Spark)
		r.Exact = line(r.Served.Spark) == line(r.Spark)
		r.Text = fmt.Sprintf("%s means Spark %s; served by %s", r.Requested, r.Spark, served(r.Served))
	}
	if r.Exact {
		return r, nil
	}
	if req.Strict {
		return Resolution{}, fmt.Errorf("%s: %w (strict; nearest would be %s)", r.Requested, ErrUnserved, served(r.Served))
	}
	r.Text += " (substituted)"
	return r, nil
}

func served(s Spec) string { return fmt.Sprintf("%s (Spark %s)", s.Name, s.Spark) }

// sparkOf gives the Spark that a release means, "" if it is not known.
func sparkOf(releases []Release, req Request) string {
	if req.API == "spark" {
		if _, _, ok := majorMinor(req.Version); ok {
			return req.Version
		}
		return ""
	}
	best := Release{}
	for _, r := range releases {
		prefix, isPrefix := strings.CutSuffix(r.Version, "*")
		switch {
		case r.API != req.API:
		case r.Version == req.Version:
			return r.Spark
		case isPrefix && strings.HasPrefix(req.Version, prefix) && len(r.Version) > len(best.Version):
			best = r
		}
	}
	return best.Spark
}

func nearest(have []Spec, spark string) Spec {
	return slices.MinFunc(have, func(a, b Spec) int {
		if c := cmp.Compare(distance(a.Spark, spark), distance(b.Spark, spark)); c != 0 {
			return c
		}
		return compareVersions(b.Spark, a.Spark)
	})
}

// distance counts lines between two versions; a change of the major version outweighs any number of
// minor ones.
func distance(a, b string) int {
	aMajor, aMinor, _ := majorMinor(a)
	bMajor, bMinor, _ := majorMinor(b)
	if aMajor != bMajor {
		return 100 * max(aMajor-bMajor, bMajor-aMajor)
	}
	return max(aMinor-bMinor, bMinor-aMinor)
}

// line shortens a version to its first two numbers.
func line(version string) string {
	parts := strings.SplitN(version, ".", 3)
	return strings.Join(parts[:min(2, len(parts))], ".")
}

func majorMinor(version string) (major, minor int, ok bool) {
	a, b, _ := strings.Cut(line(version), ".")
	major, err1 := strconv.Atoi(a)
	minor, err2 := strconv.Atoi(b)
	return major, minor, err1 == nil && err2 == nil
}

// compareVersions compares by numbers, part by part; what is not a number counts as 0.
func compareVersions(a, b string) int {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range max(len(as), len(bs)) {
		if c := cmp.Compare(number(as, i), number(bs, i)); c != 0 {
			return c
		}
	}
	return 0
}

func number(parts []string, i int) int {
	if i >= len(parts) {
		return 0
	}
	n, _ := strconv.Atoi(parts[i])
	return n
}
