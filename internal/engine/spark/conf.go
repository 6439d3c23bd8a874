package spark

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"strings"

	"hearth/internal/engine"
)

// Conf returns the SparkConf of an instance: the defaults, over them the configuration of the
// request, over that the keys that the engine alone decides. The request's part must have passed
// CheckConf.
//
// Formats add nothing here: like AWS Glue's --datalake-formats they put jars on the class path, and
// the extension and catalog classes stay the user's to set. Time zone and Arrow keep Spark's
// defaults.
func Conf(s engine.Spec, g Given, d Dirs) Properties {
	conf := defaults(d)
	if LogsEvents(s.Conf()) {
		// Spark's default is a place of all users, where they are kept for ever.
		conf["spark.eventLog.dir"] = (&url.URL{Scheme: "file", Path: d.Events}).String()
	}
	maps.Copy(conf, s.Conf())
	maps.Copy(conf, decided(s, g, d))
	return sorted(conf)
}

// defaults are the keys that a request may change.
func defaults(d Dirs) map[string]string {
	return map[string]string{
		"spark.sql.warehouse.dir": filepath.Join(d.Work, "spark-warehouse"),
		"spark.hadoop.javax.jdo.option.ConnectionURL": "jdbc:derby:;databaseName=" +
			filepath.Join(d.Work, "metastore_db") + ";create=true",
		"spark.ui.enabled":             "true",
		"spark.ui.showConsoleProgress": "false",
	}
}

// decided are the keys that no request may change.
func decided(s engine.Spec, g Given, d Dirs) map[string]string {
	conf := map[string]string{
		"spark.master":               fmt.Sprintf("local[%d]", g.Cores),
		"spark.app.name":             cmp.Or(s.Setup.AppName, "hearth"),
		"spark.submit.deployMode":    "client",
		"spark.driver.host":          "127.0.0.1",
		"spark.driver.bindAddress":   "127.0.0.1",
		"spark.authenticate":         "true",
		"spark.ui.port":              "0",
		"spark.ui.filters":           "hearth.agent.UiFilter",
		"spark.repl.class.outputDir": filepath.Join(d.Scratch, "classes"),
		"spark.driver.memory":        fmt.Sprintf("%dm", g.MemoryMB),
		"spark.driver.cores":         fmt.Sprint(g.Cores),
	}
	lists := map[string][]string{
		"spark.submit.pyFiles": s.Setup.PyFiles, "spark.files": s.Setup.Files, "spark.archives": s.Launch.Archives,
	}
	if s.Launch.Batch != nil {
		batchKeys(conf, s)
		lists["spark.jars"] = s.Launch.Jars
	}
	for key, files := range lists {
		if len(files) > 0 {
			conf[key] = strings.Join(files, ",")
		}
	}
	return conf
}
