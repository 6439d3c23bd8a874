package dli

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/engine"
	"hearth/internal/session"

	"github.com/google/go-cmp/cmp"
)

// job is the smallest request for a batch, with more members.
func job(members string) string {
	return strings.TrimSuffix(`{"file":"job.py","queue":"q",`+members, ",") + "}"
}

func TestCreateBatch_BothSpellings_ReachTheEngine(t *testing.T) {
	for _, body := range []string{
		`{
			"file": "batchTest/luxor.jar", "className": "com.example.Job", "args": ["--day", 7, true], "queue": "q", "sc_type": "C",
			"jars": ["alone.jar"], "pyFiles": ["mixed/b.py"], "files": ["count.txt"], "modules": ["sys.datasource.rds"],
			"driverMemory": "2G", "driverCores": 1, "executorMemory": "1G", "executorCores": 2, "numExecutors": 3,
			"conf": {"spark.a": 1}, "name": "etl", "feature": "basic", "spark_version": "2.4.5",
			"auto_recovery": true, "max_retry_times": 20, "obs_bucket": "b", "catalog_name": "dli", "execution_agency_urn": "u"
		}`,
		`{
			"file": "batchTest/luxor.jar", "class_name": "com.example.Job", "args": ["--day", "7", "true"], "cluster_name": "q", "sc_type": "A",
			"jars": ["alone.jar"], "python_files": ["mixed/b.py"], "files": ["count.txt"], "modules": ["sys.datasource.rds"],
			"driver_memory": "2048 MB", "driver_cores": "1", "executor_memory": "1024M", "executor_cores": 2, "num_executors": 3,
			"conf": [{"spark.a": "1"}], "name": "etl", "feature": null, "spark_version": "2.4.5",
			"auto_recovery": "true", "obs_bucket": "b", "catalog_name": "dli", "execution_agency_urn": "u"
		}`,
	} {
		within(t, nil, func(t *testing.T, h *fixture) {
			h.want(http.StatusOK, `"sc_type":"CUSTOMIZED"`, "POST", "/batches", body)
			synctest.Wait()
			got := h.Specs()[0]
			got.ID, got.Labels = "", nil
			want := engine.Spec{
				Launch: engine.Launch{
					Runtime: "spark-3.5", Jars: []string{"/store/alone.jar", "/store/sys.datasource.rds/driver.jar"},
					Batch: &engine.Batch{Main: "/store/batchTest/luxor.jar", Class: "com.example.Job", Args: []string{"--day", "7", "true"}},
					Cores: 1 + 3*2, MemoryMB: 2048 + 3*1024,
				},
				Setup: engine.Setup{AppName: "etl", Conf: map[string]string{
					"spark.a": "1", "spark.driver.memory": "2048m", "spark.executor.memory": "1024m", "spark.executor.cores": "2", "spark.executor.instances": "3",
				}, PyFiles: []string{"/store/mixed/b.py"}, Files: []string{"/store/count.txt"}},
				Notes: []string{
					"Spark 2.4.5 is served by spark-3.5", "execution_agency_urn has no meaning here",
					"obs_bucket has no meaning here", "catalog_name has no meaning here",
				},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestCreateBatch_Refused_LeavesNothing(t *testing.T) {
	for body, code := range map[string]string{
		``: codeParameter, `[]`: codeParameter, `{"queue":"q"}`: codeParameter, `{"file":"job.py"}`: codeParameter, `{"file":"","queue":"q"}`: codeParameter,
		`{"file":"count.txt","queue":"q"}`: codeParameter, `{"file":"job","queue":"q"}`: codeParameter, `{"file":"obs://b/job.py","queue":"q"}`: codeParameter,
		`{"file":"absent.py","queue":"q"}`: codeMissing, `{"file":"/store/job.py","queue":"q"}`: codeMissing, `{"file":"../job.py","queue":"q"}`: codeMissing,
		job(`"jars":["obs://b/a.jar"]`): codeParameter, job(`"jars":["s3a://b/k/a.jar"]`): codeParameter, job(`"pyFiles":["absent.py"]`): codeMissing,
		job(`"sc_type":"D"`): codeParameter, job(`"driver_memory":"2X"`): codeParameter, job(`"driver_cores":-1`): codeParameter,
		job(`"args":["a\u0000"]`): codeParameter, job(`"args":"a b"`): codeParameter, job(`"auto_recovery":"maybe"`): codeParameter, job(`"auto_recovery":{}`): codeParameter,
		job(`"max_retry_times":101`): codeParameter, job(`"max_retry_times":-1`): codeParameter, job(`"conf":{"spark.master":"yarn"}`): codeParameter,
		job(`"feature":"ai"`): codeUnsupported, job(`"feature":"custom","image":"a/b:c"`): codeUnsupported, job(`"feature":"magic"`): codeParameter,
		job(`"name":"` + strings.Repeat("ü", 129) + `"`): codeParameter,
	} {
		within(t, nil, func(t *testing.T, h *fixture) {
			h.want(http.StatusBadRequest, `"error_code":"`+code+`"`, "POST", "/batches", body)
			synctest.Wait()
			h.want(http.StatusOK, `"total":0`, "GET", "/batches", "")
			if n := h.Instances(); n != 0 || len(h.Specs()) != 0 {
				t.Errorf("%.80s leaves %d instances", body, n)
			}
		})
	}
}

func TestCreateBatch_Limits_HoldAtTheirUpperEdge(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		for _, members := range []string{`"max_retry_times":100`, `"max_retry_times":0`, `"name":"` + strings.Repeat("ü", 128) + `"`, `"numExecutors":10000`} {
			h.want(http.StatusOK, `"state":"starting"`, "POST", "/batches", job(members))
		}
	})
}

func TestCreateBatch_OfAQueue_HasALimitOfItsOwn(t *testing.T) {
	within(t, func(h *Settings) {
		h.Queues = []Queue{{Name: "q", MaxSessions: 1, MaxBatches: 2}}
	}, func(t *testing.T, h *fixture) {
		h.created(small)
		h.want(http.StatusBadRequest, codeQuota, "POST", "/sessions", small)
		first := h.createdIn("/batches", job(""))
		h.createdIn("/batches", job(""))
		h.want(http.StatusBadRequest, codeQuota, "POST", "/batches", job(""))
		h.want(http.StatusOK, "deleted", "DELETE", first, "")
		h.createdIn("/batches", job(""))
		h.want(http.StatusBadRequest, "There is no queue named testqueue", "POST", "/batches", `{"file":"job.py","queue":"testqueue"}`)
	})
}

func TestListBatches_ManyPages_AreAllRead(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		for i := range 12 {
			h.createdIn("/batches", job(fmt.Sprintf(`"name":"n%d"`, i)))
		}
		text := h.want(http.StatusOK, `"total":12`, "GET", "/batches?from=10", "")
		if strings.Count(text, `"id"`) != 2 || !strings.Contains(text, `"from":10,`) || !strings.Contains(text, `"name":"n11"`) {
			t.Errorf("%s", text)
		}
	})
}

func TestBatchQuery_EveryStateAndCause_SelectsWhatBatchStateProjects(t *testing.T) {
	for _, wanted := range []string{"starting", "running", "dead", "success", "recovering"} {
		q, f := batchQuery{state: wanted}, session.Filter{}
		q.narrow(&f)
		for _, state := range session.States() {
			causes := []session.Cause{""} // what lives has no cause of an end
			if state == session.StateStopping || state == session.StateEnded {
				causes = session.Causes()
			}
			for _, cause := range causes {
				for _, ready := range []time.Time{{}, time.Unix(1, 0)} {
					s := session.Session{State: state, Cause: cause, ReadyAt: ready}
					got := slices.Contains(f.States, state) && (f.Causes == nil || slices.Contains(f.Causes, cause)) &&
						(!f.NeverReady || ready.IsZero()) && (!f.OnceReady || !ready.IsZero())
					if want := batchState(s) == wanted; got != want {
						t.Errorf("a list of %s with %s, %q, ready %v: %v, want %v", wanted, state, cause, ready, got, want)
					}
				}
			}
		}
	}
}
