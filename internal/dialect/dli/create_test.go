package dli

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/dialect/dialecttest"
	"hearth/internal/engine"
	"hearth/internal/memsize"
	"hearth/internal/session"

	"github.com/google/go-cmp/cmp"
)

// small is a request that asks for nothing beyond what is mandatory.
const small = `{"kind":"spark","queue":"q"}`

// with is small with more members.
func with(members string) string { return strings.TrimSuffix(small, "}") + "," + members + "}" }

func TestCreate_AllFields_ReachTheEngine(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		h.ready(`{
			"kind": "spark", "name": "etl", "queue": "blue", "sc_type": "B",
			"jars": ["group.tesddws/gsjdbc4.jar", "alone.jar"], "pyFiles": ["mixed/b.py"], "files": ["mixed/c.txt"],
			"modules": ["sys.datasource.rds"],
			"resources": [{"name": "group.tesddws/gsjdbc3.jar", "type": "jar"}, {"name": "mixed/c.txt", "type": "file"}, {"name": "mixed/b.py", "type": "file"}, "mixed/a.jar"],
			"groups": [{"name": "group.tesddws", "resources": [{"name": "gsjdbc2.jar", "type": "jar"}, {"name": "gsjdbc4.jar"}]}],
			"driverMemory": "2 GB", "driverCores": 3, "executorMemory": "2048M", "executorCores": "4", "numExecutors": 5,
			"conf": {"spark.sql.shuffle.partitions": 4, "spark.app.name": "other", "spark.executor.memory": "1g", "dli.x": "1"},
			"imagine": true
		}`)
		got := h.Specs()[0]
		got.ID, got.Labels = "", nil
		want := engine.Spec{
			Launch: engine.Launch{Runtime: "spark-3.5", Jars: []string{
				"/store/group.tesddws/gsjdbc4.jar", "/store/alone.jar", "/store/group.tesddws/gsjdbc3.jar", "/store/mixed/a.jar",
				"/store/group.tesddws/gsjdbc2.jar", "/store/sys.datasource.rds/driver.jar",
			}, Cores: 3 + 5*4, MemoryMB: 2048 + 5*2048},
			Setup: engine.Setup{AppName: "etl", Language: engine.Scala, Conf: map[string]string{
				"spark.sql.shuffle.partitions": "4", "spark.driver.memory": "2048m",
				"spark.executor.memory": "2048m", "spark.executor.cores": "4", "spark.executor.instances": "5",
			}, PyFiles: []string{"/store/mixed/b.py"}, Files: []string{"/store/mixed/c.txt", "/store/mixed/b.py"}},
			Notes: []string{`left out of the request, because the API has no such field: "imagine"`, `left out of conf, because Spark's keys begin with spark.: "dli.x"`},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

func TestCreate_WholeGroup_GivesEveryPackageByItsName(t *testing.T) {
	for _, groups := range []string{`["mixed"]`, `[{"name":"mixed"}]`, `[{"name":"mixed","resources":[]}]`} {
		within(t, nil, func(t *testing.T, h *fixture) {
			h.ready(with(`"groups":` + groups))
			got := [][]string{h.Specs()[0].Launch.Jars, h.Specs()[0].Setup.PyFiles, h.Specs()[0].Setup.Files}
			if diff := cmp.Diff([][]string{{"/store/mixed/a.jar"}, {"/store/mixed/b.py"}, {"/store/mixed/c.txt"}}, got); diff != "" {
				t.Errorf("%s: -want +got:\n%s", groups, diff)
			}
		})
	}
}

// The example of a batch in the API reference has two jars of one name.
func TestCreate_JarsOfOneName_AreBothThere(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		h.ready(with(`"jars":["groupTest/testJar.jar","groupTestJar/testJar.jar","groupTest/testJar.jar"]`))
		if diff := cmp.Diff([]string{"/store/groupTest/testJar.jar", "/store/groupTestJar/testJar.jar"}, h.Specs()[0].Launch.Jars); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

func TestCreate_TypesOfResources_HaveTheirTable(t *testing.T) {
	for _, c := range []struct {
		members, shown  string
		cores, memoryMB int
		units           float64
	}{
		{`"name":"x"`, "A", 2 + 6*1, (7 + 6*4) << 10, 8},
		{`"sc_type":"A"`, "A", 8, 31 << 10, 8},
		{`"sc_type":"B"`, "B", 2 + 7*2, (7 + 7*8) << 10, 16},
		{`"sc_type":"C"`, "C", 4 + 14*2, (15 + 14*8) << 10, 32},
		{`"sc_type":"C","driverCores":4`, "CUSTOMIZED", 32, 127 << 10, 32},
		{`"sc_type":"A","driverCores":5`, "CUSTOMIZED", 11, 31 << 10, 11},
		{`"executorCores":2`, "CUSTOMIZED", 14, 31 << 10, 14},
		{`"numExecutors":1`, "CUSTOMIZED", 3, 11 << 10, 3},
		{`"driverMemory":"1G"`, "CUSTOMIZED", 8, 25 << 10, 8},
		{`"executorMemory":"16 GB"`, "CUSTOMIZED", 8, (7 + 6*16) << 10, 26},
		{`"numExecutors":0,"driverMemory":null,"driverCores":""`, "A", 8, 31 << 10, 8},
		{`"numExecutors":10000,"executorMemory":"999999T"`, "CUSTOMIZED", 10002, 64 << 20, 16384},
	} {
		within(t, nil, func(t *testing.T, h *fixture) {
			text := h.Send("POST", base+"/sessions", with(c.members)).Body.String()
			synctest.Wait()
			if !strings.Contains(text, `"sc_type":"`+c.shown+`"`) || len(h.Specs()) != 1 {
				t.Fatalf("%s answers %s", c.members, text)
			}
			list, _, err := h.Manager.List(t.Context(), session.Filter{}, session.Page{Limit: 1})
			if err != nil {
				t.Fatal(err)
			}
			if got := h.Specs()[0].Launch; got.Cores != c.cores || got.MemoryMB != c.memoryMB || list[0].Size.Units != c.units || list[0].Size.WorkerType != c.shown {
				t.Errorf("%s asks for %d cores, %d MB, %v", c.members, got.Cores, got.MemoryMB, list[0].Size)
			}
		})
	}
}

func TestParseMemory_Units_AreUnderstood(t *testing.T) {
	for text, want := range map[string]int{
		"2 GB": 2048, "2GB": 2048, "2G": 2048, "2g": 2048, "2 g": 2048, "2048 MB": 2048, "2048M": 2048, "2048m": 2048, " 2G ": 2048,
		"1T": 1 << 20, "1 tb": 1 << 20, "1024K": 1, "1024kb": 1, "1M": 1,
	} {
		if got, err := parseMemory(text); err != nil || got != want {
			t.Errorf("%q is %d, %v, want %d", text, got, err, want)
		}
	}
	for text, want := range map[string]error{
		"2048": errNoUnit, "0": errNoUnit, " 7 ": errNoUnit,
		"": errSize, "G": errSize, "2X": errSize, "2 GiB": errSize, "2  GB": errSize, "-2G": errSize, "+2G": errSize, "2.5G": errSize, "0G": errSize, "1K": errSize, "1023K": errSize,
		"9999999999G": errSize, "2G -Dx=y": errSize, "２G": errSize, "0x2G": errSize, "2B": errSize,
	} {
		if got, err := parseMemory(text); err != want || got != 0 { //nolint:errorlint // the very error
			t.Errorf("%q is %d, %v, want %v", text, got, err, want)
		}
	}
}

func FuzzParseMemory_AnyText_IsASizeOrAnError(f *testing.F) {
	for _, seed := range []string{"2 GB", "2048", "999999999T", "1K", "", "x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if n, err := parseMemory(text); (err == nil) != (n > 0) || n > memsize.MaxMB {
			t.Errorf("%q is %d, %v", text, n, err)
		}
	})
}

func TestCreate_ConfInAnyForm_IsTheSame(t *testing.T) {
	for _, conf := range []string{
		`{"spark.a":"1","spark.b":2}`,
		`[{"spark.a":"1"},{"spark.b":"2"}]`,
		`[{"spark.a":"0","spark.b":"2"},null,{"spark.a":1}]`,
		`[{"key":"spark.a","value":"1"},{"key":"spark.b","value":2}]`,
		`[{"key":"spark.a","value":"1"},{"spark.b":"2"}]`,
		`["spark.a=1"," spark.b = 2 "]`,
	} {
		within(t, nil, func(t *testing.T, h *fixture) {
			h.ready(with(`"conf":` + conf))
			if got := h.Specs()[0].Setup.Conf; got["spark.a"] != "1" || got["spark.b"] != "2" || len(got) != 5 {
				t.Errorf("%s is %v", conf, got)
			}
		})
	}
	within(t, nil, func(t *testing.T, h *fixture) {
		h.ready(with(`"sc_type":"C","conf":{"spark.executor.memory":"1g","spark.driver.memory":"900m"}`))
		if got := h.Specs()[0].Setup.Conf; got["spark.executor.memory"] != "1g" || got["spark.driver.memory"] != "900m" || got["spark.executor.cores"] != "2" {
			t.Errorf("conf does not win over the type: %v", got)
		}
	})
}

func TestCreate_Limits_HoldAtBothEdges(t *testing.T) {
	for _, one := range []string{"x", "ü", "火", "🔥", `\ud83d\udd25`, `\u0000`} {
		within(t, nil, func(t *testing.T, h *fixture) {
			h.want(http.StatusOK, `"state":"starting"`, "POST", "/sessions", with(`"name":"`+strings.Repeat(one, 128)+`"`))
			h.want(http.StatusBadRequest, "at most 128 characters", "POST", "/sessions", with(`"name":"`+strings.Repeat(one, 129)+`"`))
			for _, field := range []string{"queue", "cluster_name"} {
				h.want(http.StatusOK, `"state":"starting"`, "POST", "/sessions", `{"kind":"spark","`+field+`":"`+strings.Repeat(one, 128)+`"}`)
				h.want(http.StatusBadRequest, "at most 128 characters", "POST", "/sessions", `{"kind":"spark","`+field+`":"`+strings.Repeat(one, 129)+`"}`)
			}
			path := h.ready(small)
			h.want(http.StatusOK, `"state":"waiting"`, "POST", path+"/statements", `{"code":"`+strings.Repeat(one, 1024)+`"}`)
			h.want(http.StatusBadRequest, "at most 1024 characters, not 1025", "POST", path+"/statements", `{"code":"`+strings.Repeat(one, 1025)+`"}`)
			h.want(http.StatusOK, `"state":"waiting"`, "POST", path+"/statements", `{"code":"`+one+`"}`)
		})
	}
	within(t, nil, func(t *testing.T, h *fixture) {
		fill := func(n int) string {
			return with(`"ignored":"` + strings.Repeat("x", n-len(with(`"ignored":""`))) + `"`)
		}
		h.want(http.StatusOK, `"state":"starting"`, "POST", "/sessions", fill(maxBody))
		h.want(http.StatusRequestEntityTooLarge, "DLI.0001", "POST", "/sessions", fill(maxBody+1))
	})
}

func TestCreate_Refused_LeavesNothingBehind(t *testing.T) {
	for body, code := range map[string]string{
		``: codeParameter, `{`: codeParameter, `[]`: codeParameter, `null`: codeParameter, `{"queue":"q"}`: codeParameter, `{"kind":"spark"}`: codeParameter,
		`{"kind":"spark","queue":" ","cluster_name":""}`: codeParameter, `{"kind":"","queue":"q"}`: codeParameter, `{"kind":"sparkr","queue":"q"}`: codeParameter,
		`{"kind":"Spark","queue":"q"}`: codeParameter, `{"kind":["spark"],"queue":"q"}`: codeParameter,
		with(`"sc_type":"D"`): codeParameter, with(`"sc_type":"a"`): codeParameter, with(`"sc_type":"CUSTOMIZED"`): codeParameter,
		with(`"driverMemory":"2X"`): codeParameter, with(`"executorMemory":"lots"`): codeParameter, with(`"driverMemory":"1G -Dx=y"`): codeParameter,
		with(`"driverCores":-1`): codeParameter, with(`"driverCores":1.5`): codeParameter, with(`"numExecutors":10001`): codeParameter, with(`"executorCores":"many"`): codeParameter,
		with(`"heartbeatTimeoutInSecond":-1`): codeParameter, with(`"heartbeatTimeoutInSecond":99999999999`): codeParameter,
		with(`"conf":"spark.a=1"`): codeParameter, with(`"conf":["spark.a"]`): codeParameter, with(`"conf":[["spark.a"]]`): codeParameter, with(`"conf":{"spark.a":{}}`): codeParameter,
		with(`"conf":{"spark.master":"local"}`): codeParameter, with(`"conf":[{"key":"spark.jars","value":"/etc/passwd"}]`): codeParameter,
		with(`"jars":"a.jar"`): codeParameter, with(`"jars":["absent.jar"]`): codeMissing, with(`"jars":["../secret"]`): codeMissing, with(`"jars":["/etc/passwd"]`): codeMissing,
		with(`"jars":["a/b/c.jar"]`): codeMissing, with(`"files":["file:///etc/passwd"]`): codeParameter, with(`"pyFiles":["s3://b/k.py"]`): codeParameter, with(`"jars":[""]`): codeMissing,
		with(`"jars":["odd/a,b.jar"]`): codeMissing, with(`"jars":["group.tesddws/"]`): codeMissing, with(`"jars":["group.tesddws/.."]`): codeMissing,
		with(`"resources":{"name":"alone.jar"}`): codeParameter, with(`"resources":[{"name":"alone.jar","type":"exe"}]`): codeParameter, with(`"resources":[{"type":"jar"}]`): codeMissing,
		with(`"groups":[{"name":"absent"}]`): codeMissing, with(`"groups":[{"name":"..","resources":["x"]}]`): codeMissing, with(`"groups":[{"name":"mixed","resources":[{"name":"d.jar"}]}]`): codeMissing,
		with(`"files":["count.txt","groupTest/count.txt"]`): codeParameter, with(`"pyFiles":["job.py"],"groups":["twice"]`): codeParameter, with(`"pyFiles":["job.py"],"files":["twice/job.py"]`): codeParameter,
		with(`"groups":[3]`): codeParameter, with(`"modules":["sys.datasource.none"]`): codeMissing, with(`"modules":["../x"]`): codeMissing,
		strings.Repeat("[", 20000): codeParameter, with(`"conf":` + strings.Repeat(`{"a":`, 20000)): codeParameter,
	} {
		within(t, nil, func(t *testing.T, h *fixture) {
			w := h.Send("POST", base+"/sessions", body)
			synctest.Wait()
			if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `"error_code":"`+code+`"`) {
				t.Errorf("%.80s answers %d %s, want %s", body, w.Code, w.Body, code)
			}
			h.want(http.StatusOK, `"total":0`, "GET", "/sessions", "")
			if n := h.Instances(); n != 0 || len(h.Specs()) != 0 {
				t.Errorf("%.80s leaves %d instances", body, n)
			}
		})
	}
}

func TestRun_CodeThatIsNoText_IsRefusedAndRunsNothing(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		path := h.ready(small)
		for _, code := range []string{`5`, `1.5`, `true`, `false`, `{}`, `["1"]`, `[]`, `null`, `""`} {
			for _, body := range []string{`{"code":` + code + `}`, `{"code":"1","kind":"spark","code":` + code + `}`} {
				if code == `null` && body != `{"code":null}` {
					continue // as if it were not there
				}
				h.want(http.StatusBadRequest, `"error_code":"`+codeParameter+`"`, "POST", path+"/statements", body)
			}
		}
		h.want(http.StatusBadRequest, codeParameter, "POST", path+"/statements", `{"code":"1","kind":5}`)
		h.want(http.StatusOK, `"total_statements":0`, "GET", path+"/statements", "")
		h.want(http.StatusOK, `"state":"waiting"`, "POST", path+"/statements", `{"code":"5"}`)
	})
}

func TestCreate_MemoryWithoutUnit_FailsToStartAndSaysWhy(t *testing.T) {
	for _, field := range []string{"driverMemory", "executorMemory"} {
		within(t, nil, func(t *testing.T, h *fixture) {
			for _, value := range []string{`"2048"`, `2048`} {
				path := h.created(with(`"` + field + `":` + value))
				time.Sleep(startUp)
				synctest.Wait()
				h.want(http.StatusOK, `"state":"error"`, "GET", path, "")
				h.want(http.StatusOK, field+` has no unit: \"2048\"`, "GET", path+"/log", "")
				h.want(http.StatusBadRequest, "The session is in state error.", "POST", path+"/statements", `{"code":"1"}`)
				h.want(http.StatusOK, "deleted", "DELETE", path, "")
			}
			if n := h.Instances(); n != 0 {
				t.Errorf("there are %d instances", n)
			}
		})
	}
}

func TestProjects_AreTenants(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		batch := h.createdIn("/batches", `{"file":"job.py","queue":"q"}`)
		path := h.ready(small)
		h.want(http.StatusOK, "waiting", "POST", path+"/statements", `{"code":"hang"}`)
		for _, rt := range (&api{}).routes() {
			if !strings.Contains(rt.path, "{id}") {
				continue
			}
			other := "/v2.0/another" + strings.NewReplacer("/sessions/{id}", path, "/batches/{id}", batch, "{n}", "0").Replace(rt.path)
			if w := h.Send(rt.method, other, `{"code":"1"}`); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), codeNotFound) {
				t.Errorf("%s %s answers %d %s", rt.method, other, w.Code, w.Body)
			}
		}
		synctest.Wait()
		for _, list := range []string{"/sessions", "/batches"} {
			if w := h.Send("GET", "/v2.0/another"+list, ""); !strings.Contains(w.Body.String(), `"total":0`) {
				t.Errorf("another project lists %s", w.Body)
			}
		}
		h.want(http.StatusOK, `"state":"busy"`, "GET", path+"/state", "")
		h.want(http.StatusOK, `"state":"running"`, "GET", batch+"/state", "")
		for name, status := range map[string]int{strings.Repeat("p", 64): 200, strings.Repeat("p", 65): 400, "a.b": 400, "a%20b": 400, "%2e%2e": 400, "a%2fb": 400, "ü": 400, "A-b_9": 200} {
			if w := h.Send("GET", "/v2.0/"+name+"/sessions", ""); w.Code != status {
				t.Errorf("project %s answers %d %s", name, w.Code, w.Body)
			}
		}
	})
}

func TestNewUUID_ManyIDs_AreDifferentAndWellFormed(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		id := newUUID()
		if seen[id] || uuid.FindString(id) != id {
			t.Fatalf("%s", id)
		}
		seen[id] = true
	}
}

func TestList_ManySessions_ArePagedByPosition(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		for i := range 20 {
			h.created(with(fmt.Sprintf(`"name":"n%d"`, i)))
		}
		for query, want := range map[string][]string{
			"": {"n0", "n19"}, "?from=0&size=1": {"n0", "n0"}, "?from=19": {"n19", "n19"}, "?from=5&size=3": {"n5", "n7"}, "?from=20": {"", ""}, "?size=0": {"", ""},
		} {
			text := h.want(http.StatusOK, `"total":20`, "GET", "/sessions"+query, "")
			first, last := "", ""
			for _, part := range strings.Split(text, `"name":"`)[1:] {
				name, _, _ := strings.Cut(part, `"`)
				if last = name; first == "" {
					first = name
				}
			}
			if diff := cmp.Diff(want, []string{first, last}); diff != "" {
				t.Errorf("%s: %s", query, diff)
			}
		}
		h.want(http.StatusBadRequest, codeQuota, "POST", "/sessions", small)
	})
}

func TestCreate_OnAFullMachine_HasTheCodeOfALimitWhateverTheProject(t *testing.T) {
	c := config(Settings{})
	c.Session.Budget.Instances = 1
	dialecttest.Run(t, c, func(t *testing.T, h *dialecttest.Fixture) {
		h.Want(http.StatusOK, "", "POST", base+"/sessions", small)
		h.Want(http.StatusBadRequest, codeQuota, "POST", "/v2.0/another/batches", job(""))
	})
}
