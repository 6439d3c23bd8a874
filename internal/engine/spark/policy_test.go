package spark_test

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hearth/internal/engine"
	"hearth/internal/engine/spark"
)

func TestCheckConf_AdmitsWhatClientsSend(t *testing.T) {
	clients := map[string]map[string]string{
		"Delta, from its documentation": {
			"spark.sql.extensions":                                  "io.delta.sql.DeltaSparkSessionExtension",
			"spark.sql.catalog.spark_catalog":                       "org.apache.spark.sql.delta.catalog.DeltaCatalog",
			"spark.delta.logStore.class":                            "org.apache.spark.sql.delta.storage.S3SingleDriverLogStore",
			"spark.jars.packages":                                   "io.delta:delta-spark_2.12:3.3.2",
			"spark.databricks.delta.retentionDurationCheck.enabled": "false",
		},
		"Iceberg, from AWS's documentation": {
			"spark.sql.extensions":                        "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
			"spark.sql.catalog.glue_catalog":              "org.apache.iceberg.spark.SparkCatalog",
			"spark.sql.catalog.glue_catalog.warehouse":    "s3://bucket/prefix/",
			"spark.sql.catalog.glue_catalog.catalog-impl": "org.apache.iceberg.aws.glue.GlueCatalog",
			"spark.sql.catalog.glue_catalog.io-impl":      "org.apache.iceberg.aws.s3.S3FileIO",
		},
		"Hudi, from AWS's documentation": {
			"spark.serializer":                       "org.apache.spark.serializer.KryoSerializer",
			"spark.sql.hive.convertMetastoreParquet": "false",
			"spark.kryo.registrator":                 "org.apache.spark.HoodieSparkKryoRegistrar",
		},
		"OpenLineage, from SageMaker": {
			"spark.extraListeners":                                  "io.openlineage.spark.agent.OpenLineageSparkListener",
			"spark.openlineage.transport.type":                      "amazon_datazone_api",
			"spark.openlineage.transport.domainId":                  "d-1",
			"spark.glue.accountId":                                  "000000000000",
			"spark.openlineage.columnLineage.datasetLineageEnabled": "True",
		},
		"sizes and tuning": {
			"spark.driver.memory": "1000M", "spark.driver.cores": "1", "spark.executor.memory": "10g", "spark.executor.cores": "4",
			"spark.executor.instances": "3", "spark.dynamicAllocation.enabled": "true", "spark.dynamicAllocation.maxExecutors": "10",
			"spark.shuffle.service.enabled": "true", "spark.sql.shuffle.partitions": "8", "spark.sql.adaptive.enabled": "true",
			"spark.driver.maxResultSize": "2g", "spark.network.timeout": "600s", "spark.rpc.message.maxSize": "512",
			"spark.executor.memoryOverhead": "512", "spark.yarn.executor.memoryOverhead": "512", "spark.default.parallelism": "4",
		},
		"object stores": {
			"spark.hadoop.fs.s3a.endpoint": "http://127.0.0.1:9000", "spark.hadoop.fs.s3a.path.style.access": "true",
			"spark.hadoop.fs.s3a.access.key": "k", "spark.hadoop.fs.s3a.secret.key": "s",
			"spark.hadoop.fs.s3a.aws.credentials.provider":     "org.apache.hadoop.fs.s3a.AnonymousAWSCredentialsProvider",
			"spark.hadoop.fs.s3.impl":                          "org.apache.hadoop.fs.s3a.S3AFileSystem",
			"spark.hadoop.hive.metastore.client.factory.class": "com.amazonaws.glue.catalog.metastore.AWSGlueDataCatalogHiveClientFactory",
		},
		"places": {
			"spark.sql.warehouse.dir": "/srv/a b", "spark.eventLog.dir": "file:///srv/events", "spark.checkpoint.dir": "hdfs://host:8020/x",
			"spark.driver.log.dfsDir": "FILE:/srv/logs", "spark.sql.streaming.checkpointLocation": "checkpoints",
			"spark.hadoop.fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
		},
		"the user's own": {"spark.myjob.date": "2026-11-20", "spark.app.mode": "test", "spark.emr-serverless.driverEnv.A": "b"},
		"others": {
			"spark.app.name": "mine", "spark.ui.enabled": "false", "spark.yarn.queue": "default", "spark.eventLog.enabled": "true",
			"spark.driver.extraJavaOptions": "-Duser.timezone=UTC  -Dmy.flag=1", "spark.sql.catalogImplementation": "hive",
			"spark.executorEnv.OMP_NUM_THREADS": "1", "spark.sql.session.timeZone": "UTC",
		},
	}
	for client, conf := range clients {
		t.Run(client, func(t *testing.T) {
			if err := spark.CheckConf(conf); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCheckConf_RefusesByNameAndReason(t *testing.T) {
	tests := []struct{ key, value, why string }{
		{"spark.master", "local[64]", "where the session runs"},
		{"spark.submit.deployMode", "cluster", "where the session runs"},
		{"spark.remote", "sc://elsewhere", "where the session runs"},
		{"spark.yarn.jars", "/x.jar", "where the session runs"},
		{"spark.plugins", "org.apache.spark.sql.connect.SparkConnectPlugin", "how the session's processes"},
		{"spark.connect.grpc.binding.address", "0.0.0.0", "listens"},
		{"spark.driver.host", "0.0.0.0", "listens"},
		{"spark.driver.bindAddress", "0.0.0.0", "listens"},
		{"spark.ui.filters", "", "listens"},
		{"spark.ui.port", "4040", "listens"},
		{"spark.ui.reverseProxy", "true", "listens"},
		{"spark.authenticate", "false", "listens"},
		{"spark.authenticate.secret", "x", "listens"},
		{"spark.network.crypto.enabled", "true", "listens"},
		{"spark.ssl.rpc.enabled", "true", "listens"},
		{"spark.redaction.regex", "nothing", "listens"},
		{"spark.acls.enable", "true", "listens"},
		{"spark.jars", "/etc/passwd", "list of jars"},
		{"spark.driver.extraClassPath", "/x", "list of jars"},
		{"spark.files", "/etc/passwd", "own lists"},
		{"spark.jars.ivySettings", "/x", "own lists"},
		{"spark.pyspark.python", "/bin/sh", "Python of its runtime"},
		{"spark.hadoop.hadoop.security.credential.provider.path", "jceks://file/x", "credential"},
		{"spark.hadoop.fs.s3a.security.credential.provider.path", "jceks://file/x", "credential"},
		{"spark.kerberos.keytab", "/x", "credential"},
		{"spark.sql.warehouse.dir", "", "a path or an address"},
		{"spark.sql.warehouse.dir", " /etc/x", "without spaces"},
		{"spark.eventLog.dir", "file:/etc/x\n", "without spaces"},
		{"spark.hive.metastore.warehouse.dir", "/srv/../etc", "without"},
		{"spark.eventLog.dir", "/srv/../etc", "without"},
		{"spark.eventLog.dir", "file:///srv/%2e%2e/etc", "without"},
		{"spark.checkpoint.dir", "${env:HOME}/x", "without"},
		{"spark.sql.streaming.checkpointLocation", "../x", "without"},
		{"spark.driver.log.dfsDir", "file:logs", "absolute"},
		{"spark.sql.warehouse.dir", "har://file-host/x.har", "itself"},
		{"spark.sql.warehouse.dir", "viewfs://t/x", "itself"},
		{"spark.hadoop.fs.mine.impl", "org.apache.hadoop.fs.RawLocalFileSystem", "own scheme"},
		{"spark.hadoop.fs.AbstractFileSystem.mine.impl", "org.apache.hadoop.fs.local.RawLocalFs", "own scheme"},
		{"spark.yarn.keytab", "/x", "credential"},
		{"spark.files.userClassPathFirst", "true", "list of jars"},
		{"spark.driver.extraJavaOptions", "-javaagent:/x.jar", "only"},
		{"spark.driver.extraJavaOptions", "-Da=b -XX:OnOutOfMemoryError=/x", "only"},
		{"spark.driver.extraJavaOptions", "-Djava.security.manager=x", "belongs to"},
		{"spark.driver.extraJavaOptions", `-Da="b -agentlib:x"`, "quotes"},
		{"spark.driver.memory", "lots", "size"},
		{"spark.driver.cores", "0", "whole number"},
		{"spark.sql.catalogImplementation", "evil", "hive or in-memory"},
		{"spark.driver.newSetting", "1", "not among"},
		{"spark.shutdown.timeout", "1", "not among"},
		{"master", "local", "begin with spark."},
		{"spark", "x", "begin with spark."},
		{"spark.", "x", "begin with spark."},
		{"hive.metastore.uris", "thrift://x", "begin with spark."},
		{" spark.sql.x", "1", "letters"},
		{"spark.sql.x=1\nspark.master", "1", "letters"},
		{"spark.mаster", "1", "letters"}, // a Cyrillic letter
	}
	for _, test := range tests {
		t.Run(test.key+"="+test.value, func(t *testing.T) {
			err := spark.CheckConf(map[string]string{test.key: test.value, "spark.sql.ansi.enabled": "true"})
			if !errors.Is(err, engine.ErrInvalid) || !strings.Contains(err.Error(), test.why) {
				t.Fatalf("got %v, want a refusal with %q", err, test.why)
			}
			if strings.Contains(err.Error(), "ansi") {
				t.Errorf("names a key that is fine: %v", err)
			}
		})
	}
}

// Whatever is admitted must leave what the engine decides as it is.
func FuzzCheckConf_AdmittedKeys_AreSparksAndDecideNothing(f *testing.F) {
	for _, key := range []string{"spark.sql.x", "spark.master", "spark.ui.filters", "spark.x.y", "spark..master", "spark.UI.filters"} {
		f.Add(key, "v")
	}
	given, d := spark.Given{Cores: 1, MemoryMB: 512}, dirs()
	plain := spark.Conf(engine.Spec{}, given, d)
	f.Fuzz(func(t *testing.T, key, value string) {
		conf := map[string]string{key: value}
		if spark.CheckConf(conf) != nil {
			return
		}
		if !regexp.MustCompile(`^spark\.[A-Za-z0-9._-]+$`).MatchString(key) {
			t.Fatalf("admitted %q", key)
		}
		got := spark.Conf(engine.Spec{Setup: engine.Setup{Conf: conf}}, given, d)
		for _, p := range plain {
			if p.Key != key && got.Get(p.Key) != p.Value {
				t.Errorf("%q changed %s", key, p.Key)
			}
		}
	})
}

// A Spark that is new to Hearth may bring settings under words that the rules would take for the
// user's own.
func TestCheckConf_EveryNamespaceOfARealSpark_IsKnown(t *testing.T) {
	venv := os.Getenv("HEARTH_TEST_VENV")
	if venv == "" {
		t.Skip("NOT TESTED: needs a real Spark; set HEARTH_TEST_VENV to a Python environment with pyspark")
	}
	keys := sparkKeys(t, venv)
	if len(keys) < 1000 {
		t.Fatalf("found only %d settings in the jars", len(keys))
	}
	for _, key := range keys {
		// A key that does not exist, in a namespace that does, must find a rule or be refused; it
		// is admitted as the user's own only if the namespace is unknown.
		word, _, _ := strings.Cut(strings.TrimPrefix(key, "spark."), ".")
		if !spark.KnownNamespace(word) {
			t.Errorf("%s: the namespace %q is not known", key, word)
		}
	}
}

// sparkKeys are the texts in the jars of Spark that look like settings.
func sparkKeys(t *testing.T, venv string) []string {
	t.Helper()
	jars, err := filepath.Glob(filepath.Join(venv, "lib", "*", "site-packages", "pyspark", "jars", "spark-*.jar"))
	if err != nil || len(jars) == 0 {
		t.Fatalf("no jars of Spark in %s: %v", venv, err)
	}
	keys := map[string]bool{}
	for _, jar := range jars {
		z, err := zip.OpenReader(jar)
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		for _, f := range z.File {
			if strings.HasSuffix(f.Name, ".class") {
				constants(t, f, keys)
			}
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

// utf8Constant is a text in a class file's table of constants: a tag, a length of two bytes, and
// the text.
var utf8Constant = regexp.MustCompile(`\x01(?s:..)spark\.[a-zA-Z][\w.\-]*`)

func constants(t *testing.T, f *zip.File, keys map[string]bool) {
	t.Helper()
	r, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	class, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range utf8Constant.FindAll(class, -1) {
		if n := int(binary.BigEndian.Uint16(m[1:])); n <= len(m)-3 {
			keys[string(m[3:3+n])] = true
		}
	}
}
