package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"hearth/internal/runtimes"
)

// What a finding says. Only missing things keep hearth from working.
const (
	findingOK      = "ok"
	findingNote    = "note"    // it works, but less well
	findingMissing = "missing" // mend it first
)

// finding is one line of the doctor.
type finding struct {
	Name  string `json:"name"`
	State string `json:"state"`
	Text  string `json:"text"`
	Fix   string `json:"mend,omitempty"` // the command that mends it
}

// patient is what checks share, so that nothing is asked twice.
type patient struct {
	data    string
	root    string
	specs   []runtimes.Spec
	python  runtimes.Python
	pyErr   error
	def     runtimes.Spec // zero where no runtime fits this Python
	reason  string
	defErr  error
	runtime []runtimes.Status
}

// checks is everything the doctor looks at, in this order. A check answers with as many lines as it
// has to say.
func checks() []func(context.Context, *patient) []finding {
	return []func(context.Context, *patient) []finding{
		checkPython, checkEnvironments, checkJava, checkRuntimes, checkMachine, checkDisk, checkData, checkReaper, checkCgroup, checkLocale,
	}
}

// runDoctor says what is missing on this machine and how to mend it. It answers 1 if something
// needed is missing, 2 for a wrong command line.
func runDoctor(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("hearth doctor", flag.ContinueOnError)
	fs.SetOutput(stderr)
	asJSON := fs.Bool("json", false, "as JSON")
	data := fs.String("data", defaultData(), "the directory that holds all state")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if fs.NArg() > 0 {
		fmt.Fprintln(stderr, "usage: hearth doctor [-json] [-data DIR]")
		return 2
	}
	p, err := admit(ctx, *data)
	if err != nil {
		explain(stderr, err)
		return 1
	}
	var all []finding
	for _, check := range checks() {
		all = append(all, check(ctx, p)...)
	}
	if err := report(stdout, all, *asJSON); err != nil {
		explain(stderr, err)
		return 1
	}
	if slices.ContainsFunc(all, func(f finding) bool { return f.State == findingMissing }) {
		return 1
	}
	return 0
}

func admit(ctx context.Context, data string) (*patient, error) {
	p := &patient{data: data}
	var err error
	if p.root, err = runtimes.Root(); err != nil {
		return nil, err
	}
	if p.specs, err = runtimes.Table(); err != nil {
		return nil, err
	}
	if p.runtime, err = runtimes.List(p.root); err != nil {
		return nil, err
	}
	if p.python, p.pyErr = runtimes.FindPython(ctx); p.pyErr == nil {
		p.def, p.reason, p.defErr = runtimes.Default(p.specs, p.python.Version)
	}
	return p, nil
}

func report(w io.Writer, all []finding, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string]any{"findings": all})
	}
	for _, f := range all {
		fmt.Fprintf(w, "%-8s %-13s %s\n", f.State, f.Name, f.Text)
		if f.Fix != "" {
			fmt.Fprintf(w, "%-8s %-13s to mend: %s\n", "", "", f.Fix)
		}
	}
	return nil
}

// ill makes a finding of an error, with the way to mend it if the error knows one.
func ill(name, state string, err error) []finding {
	f := finding{Name: name, State: state, Text: err.Error()}
	var mend *runtimes.FixError
	if errors.As(err, &mend) {
		f.Text, f.Fix = mend.Err.Error(), mend.Fix
	}
	return []finding{f}
}

func checkPython(_ context.Context, p *patient) []finding {
	if p.pyErr != nil {
		return ill("python", findingMissing, p.pyErr)
	}
	if p.defErr != nil {
		f := ill("python", findingMissing, p.defErr)
		f[0].Fix = cmp.Or(f[0].Fix, "install such a Python and set "+runtimes.PythonVariable+" to it")
		return f
	}
	text := fmt.Sprintf("%s is %s; the default runtime is %s: %s", p.python.Path, p.python.Version, p.def.Name, p.reason)
	return []finding{{Name: "python", State: findingOK, Text: text}}
}

func checkEnvironments(_ context.Context, p *patient) []finding {
	if p.pyErr != nil {
		return nil
	}
	way := ""
	switch {
	case p.python.Venv && p.python.EnsurePip:
		way = "venv with ensurepip"
	case p.python.Virtualenv:
		way = "virtualenv"
	case p.python.Pip != "":
		way = "pip " + p.python.Pip + " (no ensurepip)"
	default:
		return []finding{{
			Name: "pip", State: findingMissing, Fix: runtimes.InstallHint("venv") + ", or set " + runtimes.PythonVariable + " to another Python",
			Text: "this Python has neither ensurepip nor pip, so no runtime can be installed with it",
		}}
	}
	return []finding{{Name: "pip", State: findingOK, Text: "virtual environments are made by " + way}}
}

func checkJava(ctx context.Context, p *patient) []finding {
	if p.pyErr != nil || p.defErr != nil {
		return nil
	}
	if j, ok := runtimes.SystemJava(ctx, p.def.Java); ok {
		return []finding{{Name: "java", State: findingOK, Text: fmt.Sprintf("Java %s (%s) fits %s", j.Version, j.Path, p.def.Name)}}
	}
	text := fmt.Sprintf("no Java for %s on this machine; the installation brings Java %d", p.def.Name, p.def.BundledJava.Major)
	return []finding{{Name: "java", State: findingOK, Text: text}}
}

func checkRuntimes(_ context.Context, p *patient) []finding {
	var out []finding
	for _, s := range p.runtime {
		out = append(out, checkRuntime(s, s.Spec.Name == p.def.Name)...)
	}
	if !slices.ContainsFunc(p.runtime, func(s runtimes.Status) bool { return s.State == runtimes.StateInstalled }) {
		out = append(out, finding{
			Name: "runtimes", State: findingMissing, Text: "no runtime is installed in " + p.root, Fix: "hearth runtime install",
		})
	}
	return out
}

func checkRuntime(s runtimes.Status, isDefault bool) []finding {
	install := "hearth runtime install " + s.Spec.Name
	switch {
	case s.State == runtimes.StateInstalled:
	case s.State == runtimes.StateBroken:
		return []finding{{Name: s.Spec.Name, State: findingMissing, Text: s.Problem, Fix: install + " -force"}}
	case isDefault:
		return []finding{{Name: s.Spec.Name, State: findingMissing, Text: "the default runtime is " + s.State, Fix: install}}
	default:
		return []finding{{Name: s.Spec.Name, State: findingOK, Text: "not installed and not needed; to have it: " + install}}
	}
	inst := s.Installed
	text := fmt.Sprintf("Spark %s, Python %s, Java %s, %s", inst.Spark, inst.PythonVersion, inst.JavaFull, inst.Dir)
	out := []finding{{Name: s.Spec.Name, State: findingOK, Text: text}}
	if inst.Archive == "" {
		out = append(out, finding{
			Name: s.Spec.Name, State: findingNote, Text: "no class-data archive, sessions start slowly", Fix: install + " -force",
		})
	}
	for _, name := range slices.Sorted(maps.Keys(inst.Missing)) {
		reason, _, _ := strings.Cut(inst.Missing[name], "\n")
		out = append(out, finding{Name: s.Spec.Name, State: findingNote, Text: name + " is missing: " + reason, Fix: install + " -formats"})
	}
	if needs, err := inst.NeedsAgent(agentSource()); err == nil && needs {
		out = append(out, finding{Name: s.Spec.Name, State: findingNote, Text: "its agent is that of another build; the next start of the server compiles this one's", Fix: install})
	}
	return out
}
