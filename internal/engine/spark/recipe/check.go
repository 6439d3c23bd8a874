package recipe

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hearth/internal/engine"
)

// checkSpec refuses a spec that can never run. Its texts are for the client.
func checkSpec(s engine.Spec) error {
	files := slices.Concat(s.Launch.Jars, s.Setup.PyFiles, s.Setup.Files, s.Setup.ModuleFiles)
	for _, archive := range s.Launch.Archives {
		path, _, _ := strings.Cut(archive, "#")
		files = append(files, path)
	}
	if s.Launch.Batch != nil {
		files = append(files, s.Launch.Batch.Main)
	}
	for _, file := range files {
		if _, err := os.Stat(file); err != nil {
			return engine.Invalidf("the file %s cannot be read", file)
		}
	}
	for _, m := range s.Setup.PythonModules {
		// A path is one of ModuleFiles, which were admitted.
		if m == "" || strings.HasPrefix(m, "-") || strings.Contains(m, "://") || filepath.IsAbs(m) {
			return engine.Invalidf("%q is not a Python module", m)
		}
	}
	for _, o := range s.Setup.PipOptions {
		if name, _, _ := strings.Cut(o, "="); slices.Contains(pipPlaces, name) || strings.HasPrefix(o, "-t") {
			return engine.Invalidf("the pip option %s is not allowed, because modules go into the session alone", name)
		}
	}
	return nil
}

// pipPlaces are the options of pip that choose where modules go.
var pipPlaces = []string{
	"--target", "--user", "--root", "--prefix", "--src", "--python", "--dry-run", "--report", "--break-system-packages",
	"--isolated", "--require-virtualenv", "--log",
}
