package dialect

import (
	"maps"
	"slices"
	"strings"
)

// SparkKeys separates a configuration into the keys that Spark would read and the names of the
// others, in alphabetical order: spark-submit leaves those out, and a dialect notes them in the
// session's log.
func SparkKeys(conf map[string]string) (spark map[string]string, others []string) {
	spark = make(map[string]string, len(conf))
	for _, key := range slices.Sorted(maps.Keys(conf)) {
		if strings.HasPrefix(key, "spark.") {
			spark[key] = conf[key]
		} else {
			others = append(others, key)
		}
	}
	return spark, others
}
