package runtimes

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

func tables(t *testing.T) ([]Spec, []Release) {
	t.Helper()
	specs, err := Table()
	if err != nil {
		t.Fatal(err)
	}
	releases, err := Releases()
	if err != nil {
		t.Fatal(err)
	}
	return specs, releases
}

func TestDefault_FollowsPython(t *testing.T) {
	specs, _ := tables(t)
	for python, want := range map[string]string{
		"3.9.18": "spark-3.5", "3.10.1": "spark-3.5", "3.11": "spark-3.5", "3.12.1": "spark-4.1", "3.14.0": "spark-4.1", "3.8.20": "", "3.99": "",
	} {
		got, reason, err := Default(specs, python)
		if got.Name != want || (err == nil) != (want != "") || (reason != "") != (want != "") {
			t.Errorf("Python %s: %q because %q, %v; want %q", python, got.Name, reason, err, want)
		}
	}
}

func TestResolve(t *testing.T) {
	specs, releases := tables(t)
	both, old, young := []string{"spark-3.5", "spark-4.1"}, []string{"spark-3.5"}, []string{"spark-4.1"}
	for _, c := range []struct {
		api, version string
		installed    []string
		served       string
		exact        bool
	}{
		{"glue", "", both, "spark-3.5", true},
		{"glue", "auto", young, "spark-4.1", true},
		{"glue", "3.0", both, "spark-3.5", false},
		{"glue", "4.0", both, "spark-3.5", false},
		{"glue", "5.0", both, "spark-3.5", true},
		{"glue", "5.1", young, "spark-4.1", false},
		{"glue", "6.0", both, "spark-4.1", true},
		{"glue", "6.0", old, "spark-3.5", false},
		{"glue", "7.7", both, "spark-3.5", false},
		{"athena", "PySpark engine version 3", both, "spark-3.5", false},
		{"athena", "Apache Spark version 3.5", both, "spark-3.5", true},
		{"emr", "emr-6.6.0", both, "spark-3.5", false},
		{"emr", "emr-7.1.0", both, "spark-3.5", true},
		{"emr", "emr-7.13.0", both, "spark-3.5", true},
		{"emr", "emr-spark-8.1.0", both, "spark-4.1", true},
		{"emr", "emr-spark-8.0.0", both, "spark-4.1", false},
		{"spark", "3.3.1", both, "spark-3.5", false},
		{"spark", "4.1", both, "spark-4.1", true},
		{"spark", "new", both, "spark-3.5", false},
	} {
		req := Request{API: c.api, Version: c.version}
		got, err := Resolve(specs, releases, c.installed, "spark-3.5", req)
		if err != nil || got.Served.Name != c.served || got.Exact != c.exact {
			t.Errorf("%s %s of %v: %s exact %t, %v; want %s exact %t", c.api, c.version, c.installed, got.Served.Name, got.Exact, err, c.served, c.exact)
		}
		if strings.Contains(got.Text, "substituted") == c.exact || strings.Contains(got.Text, "\n") {
			t.Errorf("%s %s: text %q", c.api, c.version, got.Text)
		}
		req.Strict = true
		if _, err := Resolve(specs, releases, c.installed, "spark-3.5", req); (err == nil) != c.exact || err != nil && !errors.Is(err, ErrUnserved) {
			t.Errorf("%s %s strict: %v", c.api, c.version, err)
		}
	}
	if _, err := Resolve(specs, releases, nil, "spark-3.5", Request{}); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("nothing installed: %v", err)
	}
}

func TestSparkOf_LongestPrefixWins(t *testing.T) {
	_, releases := tables(t)
	for label, want := range map[string]string{
		"emr-6.15.0": "3.4.1", "emr-6.11.1": "3.3.2", "emr-6.9.0": "3.3.0", "emr-7.0.0": "3.5.0", "emr-7.10.0": "3.5.5", "emr-7.20.0": "3.5.8", "emr-5.36.0": "",
	} {
		if got := sparkOf(releases, Request{API: "emr", Version: label}); got != want {
			t.Errorf("%s: Spark %q, want %q", label, got, want)
		}
	}
}

// TestTable_IsWhole guards what a careless edit of the table breaks.
func TestTable_IsWhole(t *testing.T) {
	specs, _ := tables(t)
	pinned := regexp.MustCompile(`^[A-Za-z0-9._-]+==[^ ;]+(; .*)?$`)
	for _, s := range specs {
		req, err := packageFiles.ReadFile("packages/" + s.Packages)
		if err != nil {
			t.Fatal(err)
		}
		for l := range strings.Lines(string(req)) {
			l = strings.TrimSpace(l)
			if l != "" && !strings.HasPrefix(l, "#") && !pinned.MatchString(l) {
				t.Errorf("%s: %q is not pinned", s.Packages, l)
			}
			if strings.HasPrefix(l, "pyspark==") {
				t.Errorf("%s: pyspark comes from the table", s.Packages)
			}
		}
		for _, set := range s.Formats {
			for _, c := range set {
				if !strings.Contains(c, "_"+s.Scala+":") || !strings.Contains(c, line(s.Spark)) && !strings.HasPrefix(c, "io.delta:delta-spark_2.12") {
					t.Errorf("%s: %s is for another Scala or Spark", s.Name, c)
				}
			}
		}
		if _, err := helperSources(s.Scala); err != nil {
			t.Error(err)
		}
		if len(s.Java) == 0 || s.BundledJava.Version == "" || s.NeedsBytes == 0 {
			t.Errorf("%s lacks something: %+v", s.Name, s)
		}
	}
}
