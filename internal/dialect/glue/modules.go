package glue

import (
	"context"
	"slices"
	"strings"

	"hearth/internal/engine"
)

// applyModules reads --additional-python-modules: pip requirements, and paths of wheels and
// archives, separated by commas.
func applyModules(_ context.Context, _ *api, value string, spec *engine.Spec) (string, error) {
	for _, item := range requirements(value) {
		switch {
		case strings.HasPrefix(item, "-"):
			return "", invalid("--additional-python-modules: %q is an option, not a module. Use --python-modules-installer-option.", shorten(item))
		case isFile(item):
			spec.Setup.ModuleFiles = append(spec.Setup.ModuleFiles, item)
			continue
		case isAddress(item):
			return "", invalid("--additional-python-modules: %q is an address, and downloads are not allowed here yet.", shorten(item))
		}
		spec.Setup.PythonModules = append(spec.Setup.PythonModules, item)
	}
	return "", nil
}

// requirements splits at commas, but not inside one requirement: pip writes "pandas>=2,<3" and
// "uvicorn[standard,extra]". Quotes may stand around one, several or all of them.
func requirements(value string) []string {
	var items []string
	for value != "" {
		var part string
		inner, rest, quoted := cutQuoted(value)
		if quoted {
			items, value = append(items, requirements(inner)...), rest
			continue
		}
		if part, value, _ = strings.Cut(value, ","); strings.TrimSpace(part) == "" {
			continue
		}
		part = strings.TrimSpace(part)
		last := len(items) - 1
		if last >= 0 && (strings.ContainsAny(part[:1], "<>=!~") || strings.Count(items[last], "[") > strings.Count(items[last], "]")) {
			items[last] += "," + part
			continue
		}
		items = append(items, part)
	}
	return items
}

// cutQuoted cuts the text between the quotes at the head of a list from what follows behind a
// comma. Quotes inside a requirement, as in "x; python_version < '3.9'", are none of the list's.
func cutQuoted(list string) (inner, rest string, found bool) {
	list = strings.TrimSpace(list)
	if list == "" || list[0] != '"' && list[0] != '\'' {
		return "", "", false
	}
	inner, rest, found = strings.Cut(list[1:], list[:1])
	if rest = strings.TrimSpace(rest); rest != "" && rest[0] != ',' {
		return "", "", false
	}
	return inner, strings.TrimPrefix(rest, ","), found
}

// isAddress reports whether a requirement says where to get it from: pip takes "name @ file:/x" as
// well as "name @ https://…".
func isAddress(item string) bool {
	if strings.Contains(item, "://") {
		return true
	}
	_, from, at := strings.Cut(item, "@")
	return at && strings.Contains(from, ":")
}

// isFile reports whether a module names a file and not a package.
func isFile(item string) bool {
	scheme, _, remote := strings.Cut(item, "://")
	if remote {
		// The domain refuses what it cannot get; "name @ git+https://…" is not its.
		return slices.Contains([]string{"s3", "s3a", "s3n", "file", "http", "https"}, strings.ToLower(scheme))
	}
	if strings.ContainsAny(item, "/\\") && !strings.Contains(item, "@") {
		return true
	}
	for _, ending := range []string{".whl", ".zip", ".tar.gz", ".egg"} {
		if strings.HasSuffix(item, ending) {
			return true
		}
	}
	return false
}

// installerOptions are the options of pip that a session may set, and whether each takes a value.
// What names files, other places to install to or commands to run is not among them.
func installerOptions() map[string]bool {
	return map[string]bool{
		"--upgrade": false, "-U": false, "--pre": false, "--no-deps": false, "--no-index": false,
		"--prefer-binary": false, "--no-cache-dir": false, "--force-reinstall": false, "--quiet": false, "-q": false,
		"--verbose": false, "-v": false, "--upgrade-strategy": true,
		"--index-url": true, "-i": true, "--extra-index-url": true, "--trusted-host": true,
		"--only-binary": true, "--no-binary": true, "--timeout": true, "--retries": true,
	}
}

// applyInstallerOption reads --python-modules-installer-option: options of pip, separated by
// spaces.
func applyInstallerOption(_ context.Context, _ *api, value string, spec *engine.Spec) (string, error) {
	allowed := installerOptions()
	words := strings.Fields(value)
	for i := 0; i < len(words); i++ {
		name, _, inline := strings.Cut(words[i], "=")
		takes, ok := allowed[name]
		if !ok || inline && !takes {
			return "", invalid("--python-modules-installer-option: %q is not allowed here.", shorten(words[i]))
		}
		spec.Setup.PipOptions = append(spec.Setup.PipOptions, words[i])
		if !takes || inline {
			continue
		}
		if i++; i == len(words) || strings.HasPrefix(words[i], "-") {
			return "", invalid("--python-modules-installer-option: %s needs a value.", name)
		}
		spec.Setup.PipOptions = append(spec.Setup.PipOptions, words[i])
	}
	return "", nil
}
