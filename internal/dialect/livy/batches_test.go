package livy

import (
	"testing"
	"testing/synctest"

	"hearth/internal/engine"

	"github.com/google/go-cmp/cmp"
)

func TestCreateBatch_AllFields_ReachTheEngine(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		// As Airflow sends it: numbers where Livy documents strings, and the reverse.
		h.Want(201, `"state":"starting"`, "POST", "/batches", `{
			"file": "/data/job.jar", "className": "com.example.Job", "args": ["--day", 7, 0.5, true], "name": "nightly",
			"jars": ["/data/a.jar"], "pyFiles": ["/data/m.py"], "files": ["/data/f.txt"], "archives": ["/data/env.zip#env"],
			"driverMemory": "1g", "driverCores": "1", "executorMemory": "512m", "executorCores": "2", "numExecutors": "3", "queue": "blue",
			"conf": {"spark.sql.shuffle.partitions": 4, "spark.jars": "/data/b.jar"}
		}`)
		synctest.Wait()
		got := h.Specs()[0]
		got.ID, got.Labels = "", nil
		want := engine.Spec{
			Launch: engine.Launch{
				Runtime: "spark-3.5", Jars: []string{"/data/a.jar", "/data/b.jar"}, Archives: []string{"/data/env.zip#env"},
				Batch: &engine.Batch{Main: "/data/job.jar", Class: "com.example.Job", Args: []string{"--day", "7", "0.5", "true"}},
				Cores: 7, MemoryMB: 1024 + 3*512, DriverMB: 1024,
			},
			Setup: engine.Setup{AppName: "nightly", Conf: map[string]string{
				"spark.sql.shuffle.partitions": "4", "spark.yarn.queue": "blue",
				"spark.executor.memory": "512m", "spark.executor.cores": "2", "spark.executor.instances": "3",
			}, PyFiles: []string{"/data/m.py"}, Files: []string{"/data/f.txt"}},
			Notes: []string{`queue "blue" has no meaning here`},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

func TestCreateBatch_Refused_LeavesNothing(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		h.Want(201, "", "POST", "/batches", `{"file":"/data/a.py","name":"taken"}`)
		for body, text := range map[string]string{
			`{}`:                                                                "requirement failed: File is required.",
			`{"args":["a"]}`:                                                    "requirement failed: File is required.",
			`{"file":"/etc/passwd"}`:                                            "is not a file below the directories",
			`{"file":"/data/../etc/passwd"}`:                                    "is not a file below the directories",
			`{"file":"a.py"}`:                                                   "must be absolute",
			`{"file":"/data/a.py","name":"12"}`:                                 "cannot be a number",
			`{"file":"/data/a.py","name":"taken"}`:                              "Duplicate session name: taken",
			`{"file":"/data/a.py","kind":"pyspark"}`:                            "Unrecognized field",
			`{"file":"/data/a.py","args":"a b"}`:                                "a list of strings is needed",
			`{"file":"/data/a.py","args":["a\u0000b"]}`:                         "a string holds a null character",
			`{"file":"/data/a.jar","className":"a\u0000"}`:                      "a string holds a null character",
			`{"file":"/data/a.py","conf":{"spark.master":"local"}}`:             `\"spark.master\" cannot be set`,
			`{"file":"/data/a.py","pyFiles":["/data/x,y.py"]}`:                  "a list of files cannot hold",
			`{"file":"/data/a.py","driverMemory":"lots"}`:                       "driverMemory must be a number",
			`{"file":"/data/a.py","driverCores":-1}`:                            "a whole number",
			`{"file":"/data/a.py","archives":["/data/e.zip#../../etc"]}`:        "is not a name to unpack",
			`{"file":"/data/a.py","conf":{"spark.files":"/etc/shadow"}}`:        "is not a file below the directories",
			`{"file":"/data/a.py","jars":["/data/b.jar"],"numExecutors":"two"}`: "a whole number",
		} {
			h.Want(400, text, "POST", "/batches", body)
		}
		synctest.Wait()
		if h.Instances() != 1 {
			t.Errorf("%d instances", h.Instances())
		}
		h.Want(200, `"total":1,`, "GET", "/batches", "")
	})
}
