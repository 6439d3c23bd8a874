package spark

import "hearth/internal/engine"

// BatchClass is the main class of a batch: spark-submit in a JVM that also listens to its
// supervisor.
const BatchClass = "hearth.agent.Batch"

// BatchCommand returns the command line and environment that run a batch as spark-submit does in
// client mode, in the JVM that is started with it. The options of spark-submit are in the
// properties file. Everything said of JavaCommand holds here too.
func BatchCommand(rt Runtime, o JavaOptions, b engine.Batch) (argv, env []string) {
	o.Main, o.Jars = BatchClass, nil
	o.Args = []string{"--properties-file", o.Dirs.ConfFile}
	if b.Class != "" {
		o.Args = append(o.Args, "--class", b.Class)
	}
	o.Args = append(append(o.Args, b.Main), b.Args...)
	return JavaCommand(rt, o)
}

// batchKeys replaces the decided keys that only sessions need by those of batches. The agent starts
// the UI at the first visit, as it does for sessions.
func batchKeys(conf map[string]string, asked engine.Spec) {
	delete(conf, "spark.repl.class.outputDir")
	conf["spark.plugins"] = "hearth.agent.BatchPlugin"
	conf["spark.ui.enabled"] = "false"
	conf["spark.hearth.ui"] = "true"
	if asked.Launch.Conf["spark.ui.enabled"] == "false" {
		conf["spark.hearth.ui"] = "false"
	}
}
