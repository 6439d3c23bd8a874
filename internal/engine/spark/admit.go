package spark

import (
	"slices"
	"strings"

	"hearth/internal/engine"
)

// Admit admits or refuses the configuration of a spec, as CheckConf does, and separates it: keys
// that only a starting Spark reads go to Launch, keys that a running one still takes go to Setup.
// Keys that set variables of the engine's own are left out, with a note.
// Admitting an admitted spec again changes nothing.
func Admit(s engine.Spec) (engine.Spec, error) {
	all := s.Conf()
	if err := CheckConf(all); err != nil {
		return engine.Spec{}, err
	}
	if err := checkBatch(s.Launch.Batch); err != nil {
		return engine.Spec{}, err
	}
	if note := withoutReserved(all); note != "" {
		s.Notes = append(slices.Clone(s.Notes), note)
	}
	s.Launch.Conf, s.Setup.Conf = nil, nil
	for key, value := range all {
		to := &s.Launch.Conf
		if atRuntime(key) {
			to = &s.Setup.Conf
		}
		if *to == nil {
			*to = make(map[string]string)
		}
		(*to)[key] = value
	}
	return s, nil
}

// atRuntime reports whether a running Spark takes the key: a setting of Spark SQL that is not
// static. Keys outside Spark's namespaces are not among them, because code may read them from
// SparkConf.
func atRuntime(key string) bool {
	return strings.HasPrefix(key, "spark.sql.") && !slices.ContainsFunc(staticSQL, func(name string) bool {
		return key == name || strings.HasSuffix(name, ".") && strings.HasPrefix(key, name)
	})
}

// staticSQL are the settings of Spark SQL that a running session refuses to change (StaticSQLConf
// and HiveUtils of Spark 3.5 and 4.1), or does not notice: catalogs are kept once they are loaded.
// A name that ends in a dot covers all keys with that prefix.
var staticSQL = strings.Fields(`
	spark.sql.broadcastExchange.maxThreadThreshold spark.sql.cache.serializer spark.sql.catalog.
	spark.sql.catalogImplementation spark.sql.codegen.cache.maxEntries spark.sql.codegen.comments spark.sql.debug
	spark.sql.defaultUrlStreamHandlerFactory.enabled spark.sql.event.truncate.length spark.sql.extensions
	spark.sql.extensions. spark.sql.filesourceTableRelationCacheSize spark.sql.globalTempDatabase
	spark.sql.hive.metastore. spark.sql.hive.thriftServer.singleSession spark.sql.hive.version
	spark.sql.legacy.sessionInitWithConfigDefaults spark.sql.metadataCacheTTLSeconds
	spark.sql.queryExecutionListeners spark.sql.resultQueryStage.maxThreadThreshold
	spark.sql.shuffleExchange.maxThreadThreshold spark.sql.sources.disabledJdbcConnProviderList
	spark.sql.sources.schemaStringLengthThreshold spark.sql.streaming.streamingQueryListeners
	spark.sql.streaming.ui. spark.sql.subquery.maxThreadThreshold spark.sql.ui.retainedExecutions
	spark.sql.warehouse.dir`)
