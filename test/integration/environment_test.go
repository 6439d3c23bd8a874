//go:build e2e

package integration_test

import (
	"fmt"
	"strings"
	"testing"

	"hearth/test/harness"
)

// The variables of a configuration are seen by the driver's Python, its JVM and Python's workers.
// Those that the engine sets itself are left out, and the log names them.
func TestEnvironment_OfTheConfiguration_ReachesDriverAndWorkers(t *testing.T) {
	h := harness.NewHome(t)
	s := harness.Start(t, h)
	l := s.Livy()
	id := l.Create(t, map[string]any{"kind": "shared", "conf": map[string]string{
		"spark.executorEnv.OF_WORKERS": "w 1", "spark.yarn.appMasterEnv.OF_YARN": "y=2", "spark.kubernetes.driverEnv.OF_KUBERNETES": "k3",
		"spark.executorEnv.BOTH": "worker", "spark.yarn.appMasterEnv.BOTH": "driver",
		"spark.executorEnv.PYTHONPATH": "/asked/path", "spark.executorEnv.PYTHONHASHSEED": "7", "spark.yarn.appMasterEnv.PYTHONWARNINGS": "ignore",
		"spark.executorEnv.LD_PRELOAD": "/none.so", "spark.yarn.appMasterEnv.PYSPARK_PYTHON": "./absent/bin/python",
	}})
	l.Text(t, id, "pyspark", `import os, sys
def seen(*_):
    names = ["OF_WORKERS", "OF_YARN", "OF_KUBERNETES", "BOTH", "PYTHONHASHSEED", "PYTHONWARNINGS", "LD_PRELOAD"]
    return [str(os.environ.get(name)) for name in names] + [str("/asked/path" in sys.path)]`)
	for code, want := range map[string]string{
		`print("|".join(seen()))`: "w 1|y=2|k3|driver|7|ignore|None|True",
		`print("|".join(sc.parallelize([1], 1).flatMap(seen).collect()))`:                                                       "w 1|y=2|k3|worker|7|ignore|None|True",
		`from pyspark.sql.functions import udf; print(spark.range(1).select(udf(lambda n: "|".join(seen()))("id")).first()[0])`: "w 1|y=2|k3|worker|7|ignore|None|True",
	} {
		if got := l.Text(t, id, "pyspark", code); strings.TrimSpace(got) != want {
			t.Errorf("%s\nprints %q, want %q", code, got, want)
		}
	}
	if got := l.Text(t, id, "spark", `println(Seq("OF_WORKERS", "OF_YARN", "OF_KUBERNETES", "BOTH").map(sys.env.get(_)))`); !strings.Contains(got, "List(Some(w 1), Some(y=2), Some(k3), Some(driver))") {
		t.Errorf("the JVM sees %q", got)
	}
	var log struct{ Log []string }
	l.Call(t, "GET", fmt.Sprintf("/sessions/%d/log?from=0&size=100", id), nil, &log)
	const left = `left out, because the engine sets these variables itself: "spark.executorEnv.LD_PRELOAD", "spark.yarn.appMasterEnv.PYSPARK_PYTHON"`
	if all := strings.Join(log.Log, "\n"); !strings.Contains(all, left) {
		t.Errorf("the log says\n%s", all)
	}
	s.Terminate(t)
}
