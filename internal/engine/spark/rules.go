package spark

import "strings"

// rule decides about the keys that it covers: with a reason they are refused; else they are
// admitted if check is nil or accepts the value.
type rule struct {
	why   string
	check func(value string) string
}

func (r rule) refuses(value string) string {
	if r.why != "" || r.check == nil {
		return r.why
	}
	return r.check(value)
}

// ruleOf returns the rule with the longest name that covers the key. A name that ends in a dot
// covers all keys with that prefix, another name itself alone.
func ruleOf(key string) (rule, bool) {
	if r, found := rules[key]; found {
		return r, true
	}
	for end := strings.LastIndexByte(key, '.'); end >= 0; end = strings.LastIndexByte(key[:end], '.') {
		if r, found := rules[key[:end+1]]; found {
			return r, true
		}
	}
	return rule{}, false
}

// ruling is one rule and the names of keys to which it applies.
type ruling struct {
	rule
	names string
}

var rules = index([]ruling{
	// The session's own executors, data, queries and extensions.
	{names: `spark.sql. spark.shuffle. spark.storage. spark.streaming. spark.memory. spark.broadcast. spark.rdd.
		spark.task. spark.stage. spark.scheduler. spark.locality. spark.speculation spark.speculation.
		spark.dynamicAllocation. spark.reducer. spark.cleaner. spark.default. spark.io. spark.unsafe.
		spark.serializer spark.serializer. spark.kryo. spark.kryoserializer. spark.cores. spark.eventLog.
		spark.checkpoint. spark.excludeOnFailure. spark.blacklist. spark.barrier. spark.hadoopRDD. spark.hive.
		spark.graphx. spark.kafka. spark.databricks. spark.diskStore. spark.decommission. spark.file. spark.files.
		spark.buffer. spark.resultGetter. spark.taskMetrics. spark.maxRemoteBlockSizeFetchToMem spark.logConf
		spark.logLineage spark.log. spark.extraListeners spark.hadoop. spark.job. spark.jobGroup.
		spark.network.timeout spark.network.timeoutInterval spark.network.maxRemoteBlockSizeFetchToMem
		spark.rpc.message.maxSize spark.rpc.askTimeout spark.rpc.lookupTimeout spark.rpc.numRetries spark.rpc.retry.wait
		spark.metrics.staticSources.enabled spark.metrics.appStatusSource.enabled
		spark.metrics.executorMetricsSource.enabled spark.metrics.namespace`},
	{names: `spark.jars.packages spark.jars.excludes spark.jars.repositories`},
	{names: `spark.python.worker. spark.python.sql. spark.python.profile spark.python.profile. spark.python.use.
		spark.python.authenticate. spark.python.task. spark.python.factory.`},
	{names: `spark.ui.enabled spark.ui.showConsoleProgress spark.ui.consoleProgress. spark.ui.killEnabled
		spark.ui.retainedJobs spark.ui.retainedStages spark.ui.retainedTasks spark.ui.retainedDeadExecutors
		spark.ui.dagGraph. spark.ui.timeline. spark.ui.timelineEnabled spark.ui.liveUpdate. spark.ui.threadDumpsEnabled
		spark.ui.heapHistogramEnabled spark.ui.groupSQLSubExecutionEnabled`},
	{rule: rule{check: variableValue}, names: `spark.executorEnv. spark.emr-serverless.driverEnv. spark.kubernetes.driverEnv.
		spark.yarn.appMasterEnv.`},
	{rule: rule{check: catalogKind}, names: `spark.sql.catalogImplementation`},
	{rule: rule{check: directory}, names: strings.Join(directoryKeys, " ")},

	// Size: a local instance keeps within the machine, see Scale.
	{names: `spark.executor. spark.driver.maxResultSize spark.driver.memoryOverhead spark.driver.memoryOverheadFactor
		spark.driver.minMemoryOverhead spark.driver.log.`},
	{rule: rule{check: memorySize}, names: `spark.driver.memory`},
	{rule: rule{check: wholeNumber}, names: `spark.driver.cores`},
	{rule: rule{check: javaOptions}, names: `spark.driver.extraJavaOptions spark.driver.defaultJavaOptions`},

	// The engine's own name of the application wins; a name in the request is not an error.
	{names: `spark.app. spark.app.name`},
	{rule: rule{why: "Spark chooses it"}, names: `spark.app.id spark.app.attempt.id spark.app.startTime spark.app.submitTime
		spark.app.initial.`},

	// Clients of YARN send these by habit; elsewhere they have no effect.
	{names: `spark.yarn.queue spark.yarn.tags spark.yarn.priority spark.yarn.maxAppAttempts
		spark.yarn.submit.waitAppCompletion spark.yarn.am.`},

	{rule: rule{why: "the engine decides where the session runs"}, names: `spark.master spark.master. spark.remote
		spark.submit. spark.deploy. spark.standalone. spark.yarn. spark.hadoop.yarn. spark.kubernetes. spark.mesos.`},
	{rule: rule{why: "the engine decides what the session listens on and who may connect"}, names: `spark.authenticate
		spark.authenticate. spark.network. spark.ssl. spark.port. spark.blockManager. spark.connect. spark.acls.
		spark.admin. spark.modify. spark.user. spark.redaction. spark.ui. spark.metrics.conf spark.metrics.conf.
		spark.driver.host spark.driver.bindAddress spark.driver.port spark.driver.blockManager.port spark.executor.port
		spark.python.unix. spark.hadoop.ipc. spark.hadoop.hive.server2. spark.sql.hive.thriftServer.`},
	{rule: rule{why: "the engine decides how the session's processes are started"}, names: `spark.launcher. spark.home
		spark.local.dir spark.repl. spark.api. spark.testing spark.testing. spark.resources. spark.driver.extraLibraryPath
		spark.driver.libraryPath spark.executor.extraLibraryPath spark.executor.id spark.executor.uri spark.hadoop.net.
		spark.plugins spark.plugins. spark.executor.plugins`},
	{rule: rule{why: "name jars in the request's list of jars instead"}, names: `spark.jars spark.driver.extraClassPath
		spark.driver.defaultExtraClassPath spark.driver.userClassPathFirst spark.executor.extraClassPath
		spark.executor.defaultExtraClassPath spark.executor.userClassPathFirst spark.sql.hive.metastore.jars
		spark.sql.hive.metastore.jars.path`},
	{rule: rule{why: "name files in the request's own lists instead"}, names: `spark.files spark.archives spark.jars.ivy
		spark.jars.ivySettings`},
	{rule: rule{why: "the session uses the Python of its runtime"}, names: `spark.pyspark. spark.python.daemon.
		spark.python.worker.module spark.sql.execution.pyspark.python`},
	{rule: rule{why: "credential stores and identities are not for a session to choose"}, names: `spark.kerberos.
		spark.security. spark.hadoop.hadoop. spark.hadoop.fs.s3a.security.credential. spark.hadoop.fs.s3a.delegation.
		spark.hadoop.mapreduce.job.credentials.`},
	{rule: rule{why: "it belongs to a part of Spark that a session does not run"}, names: `spark.r. spark.sparkr.
		spark.history. spark.worker.`},
})

func index(rulings []ruling) map[string]rule {
	rules := map[string]rule{}
	for _, r := range rulings {
		for _, name := range strings.Fields(r.names) {
			rules[name] = r.rule
		}
	}
	return rules
}

// aliases are older names that Spark still reads, with the newer ones
// (SparkConf.configsWithAlternatives). Pairs under the same rule are left out.
var aliases = map[string]string{
	"spark.files.userClassPathFirst":          "spark.executor.userClassPathFirst",
	"spark.yarn.driver.memoryOverhead":        "spark.driver.memoryOverhead",
	"spark.yarn.executor.memoryOverhead":      "spark.executor.memoryOverhead",
	"spark.yarn.keytab":                       "spark.kerberos.keytab",
	"spark.yarn.principal":                    "spark.kerberos.principal",
	"spark.yarn.access.namenodes":             "spark.kerberos.access.hadoopFileSystems",
	"spark.yarn.access.hadoopFileSystems":     "spark.kerberos.access.hadoopFileSystems",
	"spark.yarn.kerberos.relogin.period":      "spark.kerberos.relogin.period",
	"spark.yarn.security.credentials.enabled": "spark.security.credentials.enabled",
}

// sparkNamespaces are the words after "spark." under which some Spark that Hearth runs has
// settings. A test compares the list with the jars of a real one.
var sparkNamespaces = strings.Fields(`
	acls admin api app appStateStore archives auth authenticate barrier blacklist block blockManager broadcast buffer
	cache callstack checkpoint cleaner connect cores databricks dead decommission default deploy diskStore driver
	dynamicAllocation eventLog excludeOnFailure executor executorEnv exit-exception extraListeners file files graphx
	hadoop hadoopRDD history hive home io jars job jobGroup kafka kerberos kryo kryoserializer kubernetes launcher local
	locality log logConf logLineage logging master maxRemoteBlockSizeFetchToMem memory mesos metrics modify network
	plugins port properties pyspark python r rdd redaction reducer remote repl resources resultGetter rpc scheduler
	security serializer sessionWindow shuffle shutdown sparkr speculation sql ssl stage standalone starvation storage
	streaming submit task taskMetrics test testing timeWindow ui unsafe user watermarkDelayMs worker yarn`)
