package runtimes

import (
	"bytes"
	"strings"
	"testing"
)

func TestPipWatch_SaysWhatPipDoes(t *testing.T) {
	w := &pipWatch{text: "start"}
	for _, c := range []struct {
		line, want  string
		done, total int64
	}{
		{"Collecting ipython==8.18.1 (from -r x (line 3))", "looking for ipython==8.18.1", 0, 0},
		{"  Downloading a/b/pyspark-3.5.7.tar.gz (317.4 MB)", "downloading pyspark-3.5.7.tar.gz", 0, 0},
		{"Progress 262144 of 317370347", "downloading pyspark-3.5.7.tar.gz", 262144, 317370347},
		{"  Preparing metadata (pyproject.toml): started", "unpacking", 0, 0},
		{"  Building wheel for pyspark (pyproject.toml): started", "unpacking", 0, 0},
		{"Installing collected packages: pyspark", "installing pyspark", 0, 0},
		{"Installing collected packages: a, b, c", "installing 3 packages", 0, 0},
		{"whatever", "installing 3 packages", 0, 0},
	} {
		w.line(c.line)
		if got, done, total := w.now(); got != c.want || done != c.done || total != c.total {
			t.Errorf("%q: says %q, %d of %d; want %q, %d of %d", c.line, got, done, total, c.want, c.done, c.total)
		}
	}
}

func TestTextProgress_TerminalMovesOneLine_LogKeepsLines(t *testing.T) {
	var screen, log bytes.Buffer
	for _, p := range []Progress{NewTextProgress(&screen, true), NewTextProgress(&log, false)} {
		p.Step("packages", 1, 2)
		p.Update("downloading x", 50e6, 100e6)
		p.Warn("careful")
	}
	if got := screen.String(); !strings.Contains(got, "\r\x1b[K") || !strings.Contains(got, "[============            ] 50 of 100 MB") {
		t.Errorf("on a terminal: %q", got)
	}
	if got := log.String(); strings.Contains(got, "\x1b") || got != "[1/2] packages\n      warning: careful\n" {
		t.Errorf("in a log: %q", got)
	}
}

func TestArtifact_StripsGroupAndVersion(t *testing.T) {
	for file, want := range map[string]string{
		"antlr4-runtime-4.9.3.jar":                      "antlr4-runtime",
		"org.antlr_antlr4-runtime-4.9.3.jar":            "antlr4-runtime",
		"spark-connect_2.13-4.1.4.jar":                  "spark-connect_2.13",
		"io.delta_delta-spark_2.12-3.3.2.jar":           "delta-spark_2.12",
		"org.apache.spark_spark-connect_2.12-3.5.7.jar": "spark-connect_2.12",
	} {
		if got := artifact(file); got != want {
			t.Errorf("%s: %q, want %q", file, got, want)
		}
	}
}

func TestHintFor_KnowsDistributions(t *testing.T) {
	for release, want := range map[string]string{
		"ID=debian\n":                                    "apt-get install python3-venv",
		"ID=ubuntu\nID_LIKE=debian\n":                    "apt-get install python3-venv",
		"ID=\"linuxmint\"\nID_LIKE=\"ubuntu debian\"\n":  "apt-get install python3-venv",
		"ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n": "dnf install python3-pip",
		"": "install pip for this Python",
	} {
		if got := hintFor(release, "venv"); got != want {
			t.Errorf("%q: %q, want %q", release, got, want)
		}
	}
}

func TestPythonRange_ComparesNumbers(t *testing.T) {
	r := PythonRange{Min: "3.9", Max: "3.11"}
	for v, want := range map[string]bool{"3.9.0": true, "3.10.13": true, "3.11": true, "3.12.0": false, "3.8.9": false, "4.0": false} {
		if got := r.Contains(v); got != want {
			t.Errorf("%s: %t", v, got)
		}
	}
}

func TestCompareVersions(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"3.10", "3.9", 1}, {"3.5", "3.5.0", 0}, {"23.0.1", "23.1", -1}} {
		if got := compareVersions(c.a, c.b); got != c.want {
			t.Errorf("%s against %s: %d", c.a, c.b, got)
		}
	}
}
