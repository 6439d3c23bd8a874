package spark_test

import (
	"maps"
	"testing"

	"hearth/internal/engine/spark"
)

func TestLocalDirectories_OfAConfiguration_AreThoseOfThisMachine(t *testing.T) {
	got := spark.LocalDirectories(map[string]string{
		"spark.sql.warehouse.dir": "/srv/a b:c", "spark.eventLog.dir": "file:///srv/events", "spark.checkpoint.dir": "FILE://host/srv/x",
		"spark.driver.log.dfsDir": "hdfs://host/srv/x", "spark.driver.log.localDir": "below/here", "spark.myjob.dir": "/srv/mine",
		"spark.hadoop.hive.metastore.warehouse.dir": "file:/srv/w", "spark.sql.streaming.checkpointLocation": "s3a://b/x",
	})
	want := map[string]string{
		"spark.sql.warehouse.dir": "/srv/a b:c", "spark.eventLog.dir": "/srv/events", "spark.checkpoint.dir": "/srv/x",
		"spark.hadoop.hive.metastore.warehouse.dir": "/srv/w",
	}
	if !maps.Equal(got, want) {
		t.Errorf("directories = %v, want %v", got, want)
	}
}
