package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"hearth/internal/kernel/jvm"
	"hearth/internal/runtimes"
)

const runtimeUsage = `usage:
  hearth runtime list [-json]
  hearth runtime install [-java auto|system|bundled|PATH] [-python PROGRAM] [-formats] [-force] [-nowait] [NAME]
  hearth runtime remove NAME

Without a name, install takes the default for this machine's Python.
`

// runRuntime lists, installs and removes runtimes. It answers 0, 1 for a failure and 2 for a wrong
// command line.
func runRuntime(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	verbs := map[string]func(context.Context, []string, io.Writer, io.Writer) error{
		"list": runtimeList, "install": runtimeInstall, "remove": runtimeRemove,
	}
	if len(args) == 0 || verbs[args[0]] == nil {
		return noVerb("runtime", args, runtimeUsage, stdout, stderr)
	}
	err := verbs[args[0]](ctx, args[1:], stdout, stderr)
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		fmt.Fprint(stderr, runtimeUsage)
		return 2
	default:
		explain(stderr, err)
		return 1
	}
}

// errUsage is the error of a command line with which the flag package was content.
var errUsage = errors.New("wrong command line")

// explain prints an error, and the way to mend it on a line of its own.
func explain(w io.Writer, err error) {
	var mend *runtimes.FixError
	if errors.As(err, &mend) {
		fmt.Fprintf(w, "hearth: %s\n  to mend: %s\n", strings.Replace(err.Error(), mend.Error(), mend.Err.Error(), 1), mend.Fix)
		return
	}
	fmt.Fprintf(w, "hearth: %v\n", err)
}

func runtimeFlags(name string, stderr io.Writer) *flag.FlagSet {
	fs := flag.NewFlagSet("hearth runtime "+name, flag.ContinueOnError)
	fs.SetOutput(stderr)
	return fs
}

// parseAnywhere parses flags before and after the names, as people type them.
func parseAnywhere(fs *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, errUsage
		}
		if args = fs.Args(); len(args) == 0 {
			return rest, nil
		}
		rest, args = append(rest, args[0]), args[1:]
	}
}

func runtimeList(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	fs := runtimeFlags("list", stderr)
	asJSON := fs.Bool("json", false, "as JSON")
	if rest, err := parseAnywhere(fs, args); err != nil || len(rest) > 0 {
		return errors.Join(err, usageIf(len(rest) > 0))
	}
	root, err := runtimes.Root()
	if err != nil {
		return err
	}
	all, err := runtimes.List(root)
	if err != nil {
		return err
	}
	def, _ := defaultRuntime(ctx)
	if *asJSON {
		return listJSON(stdout, root, def, all)
	}
	w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tSPARK\tSCALA\tSTATE\tPYTHON\tJAVA\tFORMATS\t")
	for _, s := range all {
		name, python, java, formats := s.Spec.Name, s.Spec.Python.String(), fmt.Sprint(s.Spec.Java), ""
		if s.Installed != nil {
			python, java = s.Installed.PythonVersion, s.Installed.JavaFull
			formats = strings.Join(formatNames(s.Installed), " ")
		}
		if name == def {
			name += " (default)"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", name, s.Spec.Spark, s.Spec.Scala, s.State, python, strings.Trim(java, "[]"), formats)
	}
	return w.Flush()
}

func usageIf(wrong bool) error {
	if wrong {
		return errUsage
	}
	return nil
}

func listJSON(w io.Writer, root, def string, all []runtimes.Status) error {
	type row struct {
		Name      string              `json:"name"`
		Spark     string              `json:"spark"`
		Scala     string              `json:"scala"`
		State     string              `json:"state"`
		Problem   string              `json:"problem,omitempty"`
		Default   bool                `json:"default"`
		Installed *runtimes.Installed `json:"installed,omitempty"`
	}
	rows := []row{}
	for _, s := range all {
		rows = append(rows, row{s.Spec.Name, s.Spec.Spark, s.Spec.Scala, s.State, s.Problem, s.Spec.Name == def, s.Installed})
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(map[string]any{"root": root, "runtimes": rows})
}

func formatNames(inst *runtimes.Installed) []string {
	var out []string
	for name := range inst.Formats {
		out = append(out, name)
	}
	if inst.Connect {
		out = append(out, "connect")
	}
	slices.Sort(out)
	return out
}

// defaultRuntime names the runtime for this machine's Python; an error carries the way to mend it.
func defaultRuntime(ctx context.Context) (string, error) {
	specs, err := runtimes.Table()
	if err != nil {
		return "", err
	}
	py, err := runtimes.FindPython(ctx)
	if err != nil {
		return "", err
	}
	spec, _, err := runtimes.Default(specs, py.Version)
	return spec.Name, err
}

func runtimeInstall(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	in := runtimes.Installer{Agent: agentSource(), Progress: runtimes.NewTextProgress(stderr, isTerminal(stderr))}
	fs := runtimeFlags("install", stderr)
	fs.StringVar(&in.Java, "java", "", "which Java: auto, system, bundled or a path (default auto, or $"+runtimes.JavaVariable+")")
	fs.StringVar(&in.Python, "python", "", "the Python to build with (default: python3, or $"+runtimes.PythonVariable+")")
	fs.BoolVar(&in.Formats, "formats", false, "fetch again the jars that could not be had before")
	fs.BoolVar(&in.Force, "force", false, "install anew although it is complete")
	fs.BoolVar(&in.NoWait, "nowait", false, "fail instead of waiting for another installer")
	rest, err := parseAnywhere(fs, args)
	if err != nil || len(rest) > 1 {
		return errors.Join(err, usageIf(len(rest) > 1))
	}
	name := ""
	if len(rest) == 1 {
		name = rest[0]
	} else if name, err = defaultRuntime(ctx); err != nil {
		return err
	}
	began := time.Now()
	inst, err := in.Install(ctx, name)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s is installed: Spark %s, Python %s, Java %s (%s)\n", inst.Name, inst.Spark, inst.PythonVersion, inst.JavaFull,
		time.Since(began).Round(time.Second))
	for missing := range inst.Missing {
		fmt.Fprintf(stdout, "  %s is missing; to try again: hearth runtime install %s -formats\n", missing, inst.Name)
	}
	return nil
}

func runtimeRemove(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	rest, err := parseAnywhere(runtimeFlags("remove", stderr), args)
	if err != nil || len(rest) != 1 {
		return errors.Join(err, usageIf(len(rest) != 1))
	}
	root, err := runtimes.Root()
	if err != nil {
		return err
	}
	if err := runtimes.Remove(ctx, root, rest[0], runtimes.NewTextProgress(stderr, isTerminal(stderr))); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s is removed\n", rest[0])
	return nil
}

// isTerminal says whether a person is likely to watch.
func isTerminal(w io.Writer) bool {
	if l, ok := w.(*patientLog); ok {
		w = l.out
	}
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}

// agentSource hands the agent that this program carries to the installer.
func agentSource() runtimes.AgentSource {
	return func(scala string) ([]runtimes.Source, error) {
		files, err := jvm.Sources(scala)
		var out []runtimes.Source
		for _, f := range files {
			out = append(out, runtimes.Source{Name: f.Name, Code: f.Code})
		}
		return out, err
	}
}
