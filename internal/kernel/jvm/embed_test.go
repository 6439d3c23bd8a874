package jvm_test

import (
	"strings"
	"testing"

	"hearth/internal/kernel/jvm"
)

func TestSources_OfEachScalaLine_AreCompleteAndDiffer(t *testing.T) {
	for _, scala := range []string{"2.12", "2.13"} {
		sources, err := jvm.Sources(scala)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, s := range sources {
			if seen[s.Name] || len(s.Code) == 0 || !strings.HasSuffix(s.Name, ".scala") {
				t.Errorf("Scala %s: %q is there twice, empty or no Scala", scala, s.Name)
			}
			seen[s.Name] = true
		}
		if !seen["Main.scala"] || !seen["Servlet.scala"] {
			t.Errorf("Scala %s has %v", scala, seen)
		}
	}
}

func TestSources_OfAnUnknownScala_AreAnError(t *testing.T) {
	for _, scala := range []string{"", "2.11", "3", "common", "../agent/2.12"} {
		if s, err := jvm.Sources(scala); err == nil {
			t.Errorf("Scala %q has %d sources", scala, len(s))
		}
	}
}
