package spark

import (
	"strconv"
	"strings"

	"hearth/internal/engine"
)

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

// maxArgument is below the 128 KiB that Linux lets an argument of a command have.
const maxArgument = 120 << 10

// checkBatch refuses arguments that no command can have; nil is no batch.
func checkBatch(b *engine.Batch) error {
	if b == nil {
		return nil
	}
	for i, arg := range append([]string{b.Class}, b.Args...) {
		name := "argument " + strconv.Itoa(i) + " of the program"
		if i == 0 {
			name = "the class of the program"
		}
		switch {
		case strings.Contains(arg, "\x00"):
			return &engine.InvalidError{Text: name + " holds a null character"}
		case len(arg) > maxArgument:
			return &engine.InvalidError{Text: name + " has more than 120 KiB"}
		}
	}
	return nil
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
