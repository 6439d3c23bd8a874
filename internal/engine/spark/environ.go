package spark

import (
	"maps"
	"slices"
	"strings"
)

// Passing selects further variables of the server's environment for instances.
type Passing struct {
	// AWS passes AWS_*: the server's own credentials become the session's.
	AWS bool
	// Names are further variables to pass.
	Names []string
}

// Environ returns the environment of an instance's processes: the harmless part of the server's
// own, then each layer over it. Names with which a layer could change how the processes are started
// (see reservedEnv) are dropped from all layers but the last, which is the engine's. The result is
// sorted.
func Environ(server []string, p Passing, asked map[string]string, own []string) []string {
	env := map[string]string{}
	for _, kv := range server {
		name, value, _ := strings.Cut(kv, "=")
		if passes(name, p) {
			env[name] = value
		}
	}
	for name, value := range asked {
		if validName(name) && !reserved(name) {
			env[name] = value
		}
	}
	for _, kv := range own {
		name, value, _ := strings.Cut(kv, "=")
		env[name] = value
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		list = append(list, name+"="+env[name])
	}
	return list
}

// passedEnv are the server's variables that every instance sees: user, place, language and network.
var passedEnv = []string{
	"HOME", "LANG", "LANGUAGE", "LD_LIBRARY_PATH", "LOGNAME", "PATH", "SHELL", "TZ", "USER",
	"ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY",
	"all_proxy", "https_proxy", "http_proxy", "no_proxy",
	"CURL_CA_BUNDLE", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE",
}

func passes(name string, p Passing) bool {
	return slices.Contains(passedEnv, name) || strings.HasPrefix(name, "LC_") ||
		name == "AWS_CA_BUNDLE" || p.AWS && strings.HasPrefix(name, "AWS_") ||
		slices.Contains(p.Names, name)
}

// reservedEnv are prefixes of names that belong to the engine, or that make a Java or Python
// process load or listen to something at its start.
var reservedEnv = []string{
	"HEARTH_", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH",
	"LD_PRELOAD", "LD_AUDIT", "DYLD_",
	"PYSPARK_GATEWAY_", "PYSPARK_SUBMIT_ARGS", "SPARK_",
	"PYTHONHOME", "PYTHONSTARTUP",
}

func reserved(name string) bool {
	return slices.ContainsFunc(reservedEnv, func(p string) bool { return strings.HasPrefix(name, p) })
}

func validName(name string) bool {
	return name != "" && !strings.ContainsAny(name, "=\x00")
}
