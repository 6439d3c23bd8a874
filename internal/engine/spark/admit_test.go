package spark_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hearth/internal/engine"
	"hearth/internal/engine/spark"
)

func TestAdmit_Conf_IsSeparatedByWhatARunningSparkCanTake(t *testing.T) {
	admitted, err := spark.Admit(engine.Spec{
		Launch: engine.Launch{Runtime: "spark-3.5", Conf: map[string]string{"spark.sql.ansi.enabled": "true"}},
		Setup: engine.Setup{AppName: "a", Conf: map[string]string{
			"spark.executor.memory": "2g", "spark.sql.shuffle.partitions": "4", "spark.sql.warehouse.dir": "/w",
			"spark.sql.extensions": "x.Y", "spark.sql.catalog.mine": "x.Z", "spark.sql.catalog.mine.type": "hadoop",
			"spark.sql.hive.metastore.version": "3.1.3", "spark.sql.hive.convertMetastoreParquet": "false",
			"spark.mine": "1", "spark.hadoop.fs.s3a.path.style.access": "true",
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := engine.Spec{
		Launch: engine.Launch{Runtime: "spark-3.5", Conf: map[string]string{
			"spark.executor.memory": "2g", "spark.sql.warehouse.dir": "/w", "spark.sql.extensions": "x.Y",
			"spark.sql.catalog.mine": "x.Z", "spark.sql.catalog.mine.type": "hadoop",
			"spark.sql.hive.metastore.version": "3.1.3", "spark.mine": "1", "spark.hadoop.fs.s3a.path.style.access": "true",
		}},
		Setup: engine.Setup{AppName: "a", Conf: map[string]string{
			"spark.sql.ansi.enabled": "true", "spark.sql.shuffle.partitions": "4", "spark.sql.hive.convertMetastoreParquet": "false",
		}},
	}
	if diff := cmp.Diff(want, admitted); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	again, err := spark.Admit(admitted)
	if diff := cmp.Diff(admitted, again); diff != "" || err != nil {
		t.Errorf("admitted again: %v\n%s", err, diff)
	}
}

func TestAdmit_WhatTheEngineDecides_IsRefusedInEitherPart(t *testing.T) {
	master := map[string]string{"spark.master": "yarn"}
	for _, s := range []engine.Spec{{Launch: engine.Launch{Conf: master}}, {Setup: engine.Setup{Conf: master}}} {
		if _, err := spark.Admit(s); !errors.Is(err, engine.ErrInvalid) {
			t.Errorf("%+v: %v", s, err)
		}
	}
}
