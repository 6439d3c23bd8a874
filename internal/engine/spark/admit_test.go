package spark_test

import (
	"errors"
	"strings"
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

func TestAdmit_VariablesOfTheConfiguration_ReachTheEnvironment(t *testing.T) {
	admitted, err := spark.Admit(engine.Spec{
		Setup: engine.Setup{
			Env: map[string]string{"D": "the request's own"},
			Conf: map[string]string{
				"spark.executorEnv.A": "1", "spark.yarn.appMasterEnv.B": "x y=z", "spark.kubernetes.driverEnv.C": "",
				"spark.emr-serverless.driverEnv.E": "5", "spark.executorEnv.D": "2", "spark.executorEnv.F": "worker",
				"spark.yarn.appMasterEnv.F": "driver", "spark.executorEnv.PYTHONPATH": "/lib", "spark.executorEnv.PYTHONHASHSEED": "7",
			},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"A": "1", "B": "x y=z", "C": "", "D": "the request's own", "E": "5", "F": "driver", "PYTHONPATH": "/lib", "PYTHONHASHSEED": "7",
	}
	if diff := cmp.Diff(want, spark.Asked(admitted)); diff != "" || len(admitted.Notes) > 0 {
		t.Errorf("notes %q, -want +got:\n%s", admitted.Notes, diff)
	}
}

func TestAdmit_VariablesOfTheEngine_AreLeftOutWithANote(t *testing.T) {
	asked := engine.Spec{Notes: []string{"before"}, Setup: engine.Setup{Conf: map[string]string{
		"spark.executorEnv.LD_PRELOAD": "x", "spark.yarn.appMasterEnv.PYSPARK_PYTHON": "./env/bin/python", "spark.executorEnv.PYTHONHOME": "x",
		"spark.kubernetes.driverEnv.SPARK_HOME": "x", "spark.executorEnv.TMPDIR": "x", "spark.executorEnv.": "x", "spark.executorEnv.A": "1",
	}}}
	admitted, err := spark.Admit(asked)
	if err != nil {
		t.Fatal(err)
	}
	want := engine.Spec{
		Notes: []string{"before", `left out, because the engine sets these variables itself: "spark.executorEnv.", "spark.executorEnv.LD_PRELOAD", ` +
			`"spark.executorEnv.PYTHONHOME", "spark.executorEnv.TMPDIR", "spark.kubernetes.driverEnv.SPARK_HOME", "spark.yarn.appMasterEnv.PYSPARK_PYTHON"`},
		Launch: engine.Launch{Conf: map[string]string{"spark.executorEnv.A": "1"}},
	}
	if diff := cmp.Diff(want, admitted); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if again, err := spark.Admit(admitted); err != nil || !cmp.Equal(admitted, again) {
		t.Errorf("admitted again: %v, %+v", err, again)
	}
}

func TestAdmit_ArgumentsThatNoCommandCanHave_AreRefused(t *testing.T) {
	for value, fits := range map[string]bool{
		"": true, strings.Repeat("x", 120<<10): true, strings.Repeat("x", 120<<10+1): false, "a\x00b": false,
	} {
		for name, b := range map[string]engine.Batch{"class": {Main: "/a.jar", Class: value}, "argument": {Main: "/a.py", Args: []string{"1", value}}} {
			_, err := spark.Admit(engine.Spec{Launch: engine.Launch{Batch: &b}})
			if fits == errors.Is(err, engine.ErrInvalid) {
				t.Errorf("%s of %d characters: %v", name, len(value), err)
			}
		}
	}
}

func TestAdmit_VariablesThatNoProcessCanHave_AreRefused(t *testing.T) {
	for value, fits := range map[string]bool{
		strings.Repeat("x", 120<<10): true, strings.Repeat("x", 120<<10+1): false, "a\x00b": false,
	} {
		_, err := spark.Admit(engine.Spec{Setup: engine.Setup{Conf: map[string]string{"spark.yarn.appMasterEnv.A": value}}})
		if fits == errors.Is(err, engine.ErrInvalid) {
			t.Errorf("%d characters: %v", len(value), err)
		}
	}
}
