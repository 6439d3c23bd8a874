package recipe

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"hearth/internal/engine/supervise"
	"slices"
	"strings"
)

// before returns the step that installs the session's own modules, if it has any.
func (b *builder) before(env []string) ([]supervise.Step, error) {
	if len(b.s.Setup.PythonModules) == 0 && len(b.s.Setup.ModuleFiles) == 0 {
		return nil, nil
	}
	step, err := b.overlay(env)
	return []supervise.Step{step}, err
}

//go:embed overlay.py
var overlayScript []byte

// overlay returns the step that installs the session's modules. pip has the configuration of the
// server's user, as it has for runtimes.
func (b *builder) overlay(env []string) (supervise.Step, error) {
	keep := []string{}
	for _, name := range []string{"pyspark", "py4j"} {
		if version := b.rt.Packages[name]; version != "" {
			keep = append(keep, name+"=="+version)
		}
	}
	orders, err := json.Marshal(map[string]any{
		"target": b.in("overlay"), "options": append([]string{}, b.s.Setup.PipOptions...), "modules": slices.Concat(b.s.Setup.PythonModules, b.s.Setup.ModuleFiles), "keep": keep,
	})
	if err != nil {
		return supervise.Step{}, fmt.Errorf("encode the modules: %w", err)
	}
	for _, kv := range b.c.Environ {
		if strings.HasPrefix(kv, "PIP_") {
			env = append(slices.Clip(env), kv)
		}
	}
	return supervise.Step{
		Name: "installing Python modules", Argv: []string{b.rt.Python, b.in("overlay.py"), string(orders)}, Env: env, Dir: b.in(""),
	}, nil
}
