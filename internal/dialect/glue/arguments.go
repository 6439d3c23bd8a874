package glue

import (
	"context"
	"maps"
	"slices"
	"strings"

	"hearth/internal/dialect"
	"hearth/internal/engine"
)

// argument is what one key of DefaultArguments does to the engine's spec. It returns a note for the
// session's log, "" if there is nothing to say.
type argument func(ctx context.Context, d *api, value string, spec *engine.Spec) (note string, err error)

// knownArguments are the keys that mean something to the service: "Special parameters used in AWS
// Glue jobs" of the developer guide, and what the kernels and SageMaker send (aws-glue-sessions
// 1.0.9, sagemaker-studio 1.1.35). A nil function accepts the key without effect.
func knownArguments() map[string]argument {
	known := map[string]argument{
		"--conf":                                     applyConf,
		"--extra-jars":                               files(func(s *engine.Spec) *[]string { return &s.Launch.Jars }),
		"--extra-py-files":                           files(func(s *engine.Spec) *[]string { return &s.Setup.PyFiles }),
		"--extra-files":                              files(func(s *engine.Spec) *[]string { return &s.Setup.Files }),
		"--additional-python-modules":                applyModules,
		"--python-modules-installer-option":          applyInstallerOption,
		"--python-virtual-env":                       refused("a virtual environment archive"),
		"--datalake-formats":                         applyFormats,
		"--session-language":                         applyLanguage,
		"--enable-lakeformation-fine-grained-access": nil,
	}
	// Divergence: Some arguments have no effect: these.
	for _, key := range []string{
		"--enable-glue-datacatalog", "--glue_kernel_version", "--language", "--job-language",
		"--enable-spark-ui", "--enable-spark-live-ui", "--spark-event-logs-path", "--spark-logs-s3-uri",
		"--enable-auto-scaling", "--connection-names", "--enable-metrics", "--enable-observability-metrics",
		"--enable-continuous-cloudwatch-log", "--enable-continuous-log-filter", "--enable-job-insights",
		"--continuous-log-logGroup", "--continuous-log-logStreamPrefix", "--continuous-log-conversionPattern",
		"--enable-s3-parquet-optimized-committer", "--use-postgres-driver", "--user-jars-first",
		"--job-bookmark-option", "--TempDir", "--enable-rename-algorithm-v2", "--user_identity_center",
	} {
		known[key] = nil
	}
	return known
}

// applyArguments carries the arguments out on the spec, in order of their keys so that the same
// request always gives the same spec. Keys that mean nothing to the service become entries of
// sys.argv, as for jobs.
func (d *api) applyArguments(ctx context.Context, arguments map[string]string, spec *engine.Spec) ([]string, error) {
	known := knownArguments()
	var notes []string
	for _, key := range slices.Sorted(maps.Keys(arguments)) {
		apply, special := known[key]
		switch {
		case special && apply == nil:
		case special:
			note, err := apply(ctx, d, arguments[key], spec)
			if err != nil {
				return notes, err
			}
			if note != "" {
				notes = append(notes, note)
			}
		case strings.HasPrefix(key, "--") && key != "--SESSION_ID":
			spec.Setup.Args = append(spec.Setup.Args, key, arguments[key])
		}
	}
	return notes, nil
}

// applyConf takes over the keys that Spark would take. Others it ignores, as spark-submit does with
// a warning; ours is in the session's log.
func applyConf(_ context.Context, _ *api, value string, spec *engine.Spec) (string, error) {
	all, err := parseConf(value)
	if err != nil {
		return "", err
	}
	conf := make(map[string]string, len(all))
	for _, one := range all {
		conf[one.key] = one.value
	}
	var ignored []string
	spec.Setup.Conf, ignored = dialect.SparkKeys(conf)
	if len(ignored) > 0 {
		return "ignored properties that do not begin with spark.: " + strings.Join(ignored, ", "), nil
	}
	return "", nil
}

// files adds a comma list of names to one list of the spec.
func files(list func(*engine.Spec) *[]string) argument {
	return func(_ context.Context, _ *api, value string, spec *engine.Spec) (string, error) {
		*list(spec) = append(*list(spec), commaList(value)...)
		return "", nil
	}
}

// applyFormats asks for the jars of table formats.
func applyFormats(_ context.Context, _ *api, value string, spec *engine.Spec) (string, error) {
	for _, name := range commaList(value) {
		switch format := strings.ToLower(name); format {
		case "delta", "iceberg":
			if !slices.Contains(spec.Launch.Formats, format) {
				spec.Launch.Formats = append(spec.Launch.Formats, format)
			}
		case "hudi":
			// Divergence: Hudi is refused: no runtime carries its jars.
			return "", invalid("--datalake-formats: hudi is not available here; delta and iceberg are.")
		default:
			return "", invalid("--datalake-formats: %q is not a table format. It must be delta, iceberg or hudi.", shorten(name))
		}
	}
	return "", nil
}

// applyLanguage chooses the language of statements.
func applyLanguage(_ context.Context, _ *api, value string, spec *engine.Spec) (string, error) {
	switch strings.ToLower(strings.TrimSpace(value)) {
	case "", "python", "pyspark":
		return "", nil
	case "scala":
		spec.Setup.Language = engine.Scala
		return "", nil
	}
	return "", invalid("--session-language: %q is not a language of sessions. It must be python or scala.", shorten(value))
}

// refused answers keys whose silent absence would break the user's code.
func refused(what string) argument {
	return func(context.Context, *api, string, *engine.Spec) (string, error) {
		return "", invalid("DefaultArguments asks for %s, which is not supported here.", what)
	}
}

// commaList takes a comma-separated list apart, without empty items.
func commaList(s string) []string {
	var items []string
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}
