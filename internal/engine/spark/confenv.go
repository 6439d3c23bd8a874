package spark

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"hearth/internal/engine"
)

// envKeys are prefixes of keys that set variables: those of executors, then those of the driver of
// each cluster that Spark knows, which win. Driver and workers of an instance are on one machine,
// so that all of them see all of these.
var envKeys = []string{
	"spark.executorEnv.", "spark.emr-serverless.driverEnv.", "spark.kubernetes.driverEnv.", "spark.yarn.appMasterEnv.",
}

// Asked returns the variables that an admitted spec adds to the environment: those of its
// configuration, and over them those of Setup.Env.
func Asked(s engine.Spec) map[string]string {
	env := map[string]string{}
	conf := s.Conf()
	for _, prefix := range envKeys {
		for key, value := range conf {
			if name, found := strings.CutPrefix(key, prefix); found {
				env[name] = value
			}
		}
	}
	maps.Copy(env, s.Setup.Env)
	return env
}

// withoutReserved takes the keys out of a configuration whose variables belong to the engine, and
// returns a note that names them, "" if there are none. Spark itself would pass those of executors
// on to Python's workers.
func withoutReserved(conf map[string]string) string {
	var left []string
	for _, key := range slices.Sorted(maps.Keys(conf)) {
		if name, found := variable(key); found && (!validName(name) || reserved(name) || slices.Contains(ownEnv, name)) {
			delete(conf, key)
			left = append(left, strconv.Quote(key))
		}
	}
	if left == nil {
		return ""
	}
	return "left out, because the engine sets these variables itself: " + strings.Join(left, ", ")
}

// variable returns the name of the variable that a key sets.
func variable(key string) (string, bool) {
	for _, prefix := range envKeys {
		if name, found := strings.CutPrefix(key, prefix); found {
			return name, true
		}
	}
	return "", false
}

// ownEnv are names that the engine sets for every process, beside those of reservedEnv.
var ownEnv = []string{"JAVA_HOME", "TMPDIR", "PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON"}

// maxVariable is below the 128 KiB that Linux lets a variable have with its name.
const maxVariable = 120 << 10

func variableValue(value string) string {
	switch {
	case strings.Contains(value, "\x00"):
		return "a variable cannot hold a null character"
	case len(value) > maxVariable:
		return "a variable has at most 120 KiB"
	}
	return ""
}
