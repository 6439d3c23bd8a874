package recipe

import (
	_ "embed"
	"encoding/json"
	"slices"
	"strings"

	"hearth/internal/engine/supervise"
)

// hasModules reports whether the session has modules of its own.
func (b *builder) hasModules() bool {
	return len(b.s.Setup.PythonModules) > 0 || len(b.s.Setup.ModuleFiles) > 0
}

// before returns the step that installs the session's own modules, if it has any.
func (b *builder) before(env []string) []supervise.Step {
	if !b.hasModules() {
		return nil
	}
	return []supervise.Step{b.overlay(env)}
}

var (
	//go:embed overlay.py
	overlayScript []byte
	//go:embed runpip.py
	runPipScript []byte
)

// moduleFiles returns the files of the step that installs the session's modules, if it has any.
func (b *builder) moduleFiles() []supervise.File {
	if !b.hasModules() {
		return nil
	}
	return []supervise.File{
		{Path: b.in("overlay.py"), Data: overlayScript},
		{Path: b.in("runpip.py"), Data: runPipScript},
		{Path: b.in("modules.json"), Data: b.orders()},
	}
}

// orders returns what overlay.py installs, as JSON. They are no argument of it, because options of
// pip may hold the password of an index, and every user of the machine can read command lines.
func (b *builder) orders() []byte {
	keep := []string{}
	for _, name := range []string{"pyspark", "py4j"} {
		if version := b.rt.Packages[name]; version != "" {
			keep = append(keep, name+"=="+version)
		}
	}
	text, err := json.Marshal(map[string]any{
		"target": b.in("overlay"), "options": append([]string{}, b.s.Setup.PipOptions...), "modules": slices.Concat(b.s.Setup.PythonModules, b.s.Setup.ModuleFiles), "keep": keep,
	})
	if err != nil {
		panic(err) // strings can always be encoded
	}
	return text
}

// overlay returns the step that installs the session's modules. pip has the configuration of the
// server's user, as it has for runtimes.
func (b *builder) overlay(env []string) supervise.Step {
	for _, kv := range b.c.Environ {
		if strings.HasPrefix(kv, "PIP_") {
			env = append(slices.Clip(env), kv)
		}
	}
	return supervise.Step{
		Name: "installing Python modules", Argv: []string{b.rt.Python, b.in("overlay.py"), b.in("modules.json")}, Env: env, Dir: b.in(""),
	}
}
