package runtimes

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// PythonVariable names the environment variable with the Python to build runtimes with.
const PythonVariable = "HEARTH_PYTHON"

// Python is a Python of this machine, and what it has for making virtual environments.
type Python struct {
	Path       string `json:"path"` // the real program, not a shim
	Version    string `json:"version"`
	Venv       bool   `json:"venv"`
	EnsurePip  bool   `json:"ensurepip"`
	Pip        string `json:"pip"`        // version; empty if there is none
	Virtualenv bool   `json:"virtualenv"` // as a module
}

// MakesEnvironments says whether a virtual environment with pip can be made with it alone.
func (p Python) MakesEnvironments() bool {
	return p.Venv && p.EnsurePip || p.Pip != "" || p.Virtualenv
}

const probePython = `
import json, sys, importlib.util as u
def has(m):
    try: return u.find_spec(m) is not None
    except Exception: return False
ensurepip = has("ensurepip")
if ensurepip:
    try:
        import ensurepip as e
        e.version()
    except Exception: ensurepip = False
pip = ""
if has("pip"):
    try:
        import pip as p
        pip = p.__version__
    except Exception: pass
print(json.dumps(dict(path=sys.executable, version="%d.%d.%d" % sys.version_info[:3], venv=has("venv"), ensurepip=ensurepip,
    pip=pip, virtualenv=has("virtualenv"))))
`

// ProbePython asks a Python what it is. It fails if the program is no Python 3.
func ProbePython(ctx context.Context, path string) (Python, error) {
	// Isolated: neither the directory we stand in nor PYTHON* variables may change the answer.
	out, err := probe(ctx, cleanEnv(), path, "-I", "-c", probePython)
	if err != nil {
		return Python{}, fmt.Errorf("ask %s for its version: %w", path, err)
	}
	var p Python
	if err := json.Unmarshal([]byte(out), &p); err != nil {
		return Python{}, fmt.Errorf("ask %s for its version: %w", path, err)
	}
	if p.Path == "" {
		p.Path = path
	}
	return p, nil
}

// FindPython finds the Python that the machine means by python3: $HEARTH_PYTHON, else python3 on
// PATH.
func FindPython(ctx context.Context) (Python, error) {
	name := os.Getenv(PythonVariable)
	if name == "" {
		name = "python3"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return Python{}, &FixError{Err: fmt.Errorf("find Python: %w", err), Fix: InstallHint("python3")}
	}
	return ProbePython(ctx, path)
}

// PythonFor finds a Python whose version is in range: want if it is not empty, else $HEARTH_PYTHON
// or python3, else the newest python3.N on PATH that fits.
func PythonFor(ctx context.Context, want string, within PythonRange) (Python, error) {
	if want != "" {
		path, err := exec.LookPath(want)
		if err != nil {
			return Python{}, fmt.Errorf("find Python: %w", err)
		}
		p, err := ProbePython(ctx, path)
		if err == nil && !within.Contains(p.Version) {
			err = fmt.Errorf("%s is Python %s, wanted is %s", path, p.Version, within)
		}
		return p, err
	}
	first, err := FindPython(ctx)
	if err == nil && within.Contains(first.Version) {
		return first, nil
	}
	for _, name := range linesWithin(within) {
		path, lookErr := exec.LookPath("python" + name)
		if lookErr != nil {
			continue
		}
		if p, probeErr := ProbePython(ctx, path); probeErr == nil && within.Contains(p.Version) {
			return p, nil
		}
	}
	if err != nil {
		return Python{}, err
	}
	return Python{}, &FixError{
		Err: fmt.Errorf("python3 is %s, wanted is Python %s", first.Version, within),
		Fix: "install such a Python and name it with -python or " + PythonVariable,
	}
}

// linesWithin lists the Python lines of a range, the newest first.
func linesWithin(r PythonRange) []string {
	major, low, _ := majorMinor(r.Min)
	_, high, _ := majorMinor(r.Max)
	var out []string
	for minor := high; minor >= low; minor-- {
		out = append(out, fmt.Sprintf("%d.%d", major, minor))
	}
	return out
}

// InstallHint is the command that installs what a runtime needs ("python3", "venv", "java") on this
// distribution.
func InstallHint(what string) string {
	release, _ := os.ReadFile("/etc/os-release")
	return hintFor(string(release), what)
}

func hintFor(osRelease, what string) string {
	family := ""
	for line := range strings.Lines(osRelease) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		if key == "ID" || key == "ID_LIKE" {
			family += " " + strings.Trim(value, `"`)
		}
	}
	hints := map[string]map[string]string{
		"debian": {"python3": "apt-get install python3 python3-venv", "venv": "apt-get install python3-venv", "java": "apt-get install openjdk-17-jre-headless"},
		"fedora": {"python3": "dnf install python3 python3-pip", "venv": "dnf install python3-pip", "java": "dnf install java-17-openjdk-headless"},
		"suse":   {"python3": "zypper install python3 python3-pip", "venv": "zypper install python3-pip", "java": "zypper install java-17-openjdk-headless"},
		"alpine": {"python3": "apk add python3 py3-pip", "venv": "apk add py3-pip", "java": "apk add openjdk17-jre-headless"},
		"arch":   {"python3": "pacman -S python python-pip", "venv": "pacman -S python-pip", "java": "pacman -S jre17-openjdk-headless"},
	}
	words := strings.Fields(family)
	for _, word := range words {
		switch word {
		case "ubuntu":
			word = "debian"
		case "rhel", "centos":
			word = "fedora"
		}
		if h, ok := hints[word]; ok {
			return h[what]
		}
	}
	return map[string]string{
		"python3": "install Python 3 with pip", "venv": "install pip for this Python", "java": "install a Java 17 runtime",
	}[what]
}

// makeEnvironment makes a virtual environment with pip in dir, by the first way that this Python
// has.
func (b *build) makeEnvironment(ctx context.Context, py Python, dir string) error {
	base := command{what: "make the virtual environment", path: py.Path, env: b.env, log: b.log, onLine: b.says}
	venv := func(args ...string) error {
		c := base
		c.args = append([]string{"-m"}, args...)
		return run(ctx, c)
	}
	switch {
	case py.Venv && py.EnsurePip:
		return venv("venv", dir)
	case py.Virtualenv:
		return venv("virtualenv", "--no-setuptools", "--no-wheel", dir)
	case py.Venv && py.Pip != "":
		if err := venv("venv", "--without-pip", dir); err != nil {
			return err
		}
		site, err := sitePackages(dir)
		if err != nil {
			return err
		}
		return venv("pip", "install", "--target", site, "pip")
	case py.Pip != "":
		tool := filepath.Join(b.dir, "tmp", "virtualenv")
		if err := venv("pip", "install", "--target", tool, "virtualenv"); err != nil {
			return err
		}
		c := base
		c.args = []string{"-m", "virtualenv", dir}
		c.env = append(slices.Clone(b.env), "PYTHONPATH="+tool)
		return run(ctx, c)
	default:
		return &FixError{
			Err: fmt.Errorf("%s has neither ensurepip nor pip, so no virtual environment can be made with it", py.Path),
			Fix: InstallHint("venv") + ", or name another Python with -python or " + PythonVariable,
		}
	}
}

// sitePackages finds the directory of a virtual environment that holds its packages.
func sitePackages(venv string) (string, error) {
	found, err := filepath.Glob(filepath.Join(venv, "lib", "python3*", "site-packages"))
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("%s has no lib/python3*/site-packages", venv)
	}
	return found[0], nil
}
