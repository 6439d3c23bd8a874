package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"hearth/internal/runtimes"
	"hearth/internal/session"
)

func TestServe_WithoutARuntime_SaysWhatToType(t *testing.T) {
	t.Setenv(runtimes.RootVariable, t.TempDir())
	var out bytes.Buffer
	if code := run([]string{"serve", "-listen", "127.0.0.1:0", "-data", t.TempDir()}, &out, &out); code != 1 ||
		!strings.Contains(out.String(), "to mend: hearth runtime install") {
		t.Errorf("%d %s", code, &out)
	}
}

func TestServe_WithARuntimeThatIsNotThere_SaysWhatToType(t *testing.T) {
	root, err := runtimes.Root()
	if err != nil {
		t.Fatal(err)
	}
	if names, err := runtimes.InstalledNames(root); err != nil || len(names) == 0 {
		t.Logf("no runtime is installed: %v", err)
		return
	}
	_, err = newChooser(t.Context(), "spark-9.9", false)
	if mend, ok := errors.AsType[*runtimes.FixError](err); !ok || mend.Fix != "hearth runtime list" {
		t.Errorf("error = %v", err)
	}
}

func TestChooser_WhenTheLastRuntimeIsGone_SaysSoToClients(t *testing.T) {
	c := &chooser{root: t.TempDir()}
	_, _, err := c.Resolve("glue", "5.0")
	if !errors.Is(err, session.Unavailable) || !strings.Contains(session.AsError(err).Msg, "hearth runtime install") {
		t.Errorf("error = %v", err)
	}
}
