package spark

import "hearth/internal/engine"

// BatchClass is the main class that runs a batch: spark-submit's own, with the agent's ear beside
// it.
const BatchClass = "hearth.agent.Batch"

// BatchCommand is the command line that runs a batch as spark-submit does in client mode, in the
// JVM that is started with it; whatever spark-submit takes as options is in the properties file.
// What else is true of JavaCommand is of this.
func BatchCommand(rt Runtime, o JavaOptions, b engine.Batch) (argv, env []string) {
	o.Main, o.Jars = BatchClass, nil
	o.Args = []string{"--properties-file", o.Dirs.ConfFile}
	if b.Class != "" {
		o.Args = append(o.Args, "--class", b.Class)
	}
	o.Args = append(append(o.Args, b.Main), b.Args...)
	return JavaCommand(rt, o)
}

// batchKeys are decided for batches instead of what only sessions need. The agent starts the UI
// when somebody comes to see it, as it does for sessions.
func batchKeys(conf map[string]string, asked engine.Spec) {
	delete(conf, "spark.repl.class.outputDir")
	conf["spark.plugins"] = "hearth.agent.BatchPlugin"
	conf["spark.ui.enabled"] = "false"
	conf["spark.hearth.ui"] = "true"
	if asked.Launch.Conf["spark.ui.enabled"] == "false" {
		conf["spark.hearth.ui"] = "false"
	}
}
