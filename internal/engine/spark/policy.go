package spark

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"hearth/internal/engine"
)

// CheckConf admits or refuses the Spark configuration of a request. The error is an
// engine.InvalidError that names every refused key with the reason.
//
// A request may tune its own Spark. It may not decide where the instance runs, who can reach it, or
// how its processes are started. Keys outside Spark's namespaces are the user's own: Spark ignores
// them and user code reads them. In Spark's namespaces only the keys in the rules are admitted, so
// that a key that a later Spark adds is refused until somebody has looked at it.
func CheckConf(conf map[string]string) error {
	var refused []string
	for _, key := range slices.Sorted(maps.Keys(conf)) {
		if why := refusal(key, conf[key]); why != "" {
			refused = append(refused, fmt.Sprintf("%.100s cannot be set: %s", strconv.Quote(key), why))
		}
	}
	if refused == nil {
		return nil
	}
	return &engine.InvalidError{Text: strings.Join(refused, "; ")}
}

// refusal returns the reason for which a key may not be set to a value, "" if it may.
func refusal(key, value string) string {
	if !plain(key) {
		return "a key is made of letters, digits and . _ -"
	}
	if namespace(key) == "" {
		return "Spark's keys begin with spark."
	}
	if name, found := aliases[key]; found {
		key = name // a refused key must not be set by its older name
	}
	if r, found := ruleOf(key); found {
		if renames(key, value) {
			return "local files have their own scheme"
		}
		return r.refuses(value)
	}
	if slices.Contains(sparkNamespaces, namespace(key)) {
		return "it is not among the settings that a session may change"
	}
	return ""
}

func plain(key string) bool {
	return !strings.ContainsFunc(key, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune("._-", r)
	})
}

// namespace returns the second word of a key, "ui" of "spark.ui.port", and "" for a key without
// "spark." at its head.
func namespace(key string) string {
	rest, found := strings.CutPrefix(key, "spark.")
	if !found {
		return ""
	}
	word, _, _ := strings.Cut(rest, ".")
	return word
}

// reservedProperties are the prefixes of system properties that a request may not set.
var reservedProperties = []string{
	"com.sun.", "derby.", "hearth.", "io.netty.", "java.", "jdk.", "log4j", "py4j.", "spark.", "sun.", "user.dir", "user.home",
}

// javaOptions refuses every option of the JVM but system properties outside reservedProperties.
// Quotes are refused because the process that splits the value again could split it differently.
func javaOptions(value string) string {
	if strings.ContainsAny(value, "\"'\\") {
		return "options with quotes are not allowed"
	}
	for _, option := range strings.Fields(value) {
		name, found := strings.CutPrefix(option, "-D")
		if !found {
			return fmt.Sprintf("%.50q is not allowed: the engine chooses the JVM's options, a session its -Dname=value only", option)
		}
		if slices.ContainsFunc(reservedProperties, func(p string) bool { return strings.HasPrefix(name, p) }) {
			return fmt.Sprintf("%.50q belongs to the engine or to Java itself", option)
		}
	}
	return ""
}

func memorySize(value string) string {
	if _, ok := parseMemoryMB(value); !ok {
		return "it must be a size such as 4g or 2048m"
	}
	return ""
}

func wholeNumber(value string) string {
	if n, err := strconv.Atoi(strings.TrimSpace(value)); err != nil || n < 1 {
		return "it must be a whole number above zero"
	}
	return ""
}

func catalogKind(value string) string {
	if value != "hive" && value != "in-memory" {
		return "it must be hive or in-memory"
	}
	return ""
}
