package dli

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestLimits_OfNumbers_HoldAtBothEdges(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		for members, status := range map[string]int{
			`"heartbeatTimeoutInSecond":0`: 200, `"heartbeatTimeoutInSecond":1`: 200, `"heartbeatTimeoutInSecond":-1`: 400,
			`"heartbeatTimeoutInSecond":2147483647`: 200, `"heartbeatTimeoutInSecond":2147483648`: 400,
			`"driverCores":10000`: 200, `"driverCores":10001`: 400, `"executorCores":10000`: 200, `"executorCores":10001`: 400,
			`"numExecutors":10000`: 200, `"numExecutors":10001`: 400, `"numExecutors":0`: 200, `"numExecutors":-1`: 400,
			`"driverMemory":"1M"`: 200, `"driverMemory":"0M"`: 400, `"executorMemory":"1024K"`: 200, `"executorMemory":"1023K"`: 400,
		} {
			if w := h.Send("POST", base+"/sessions", with(members)); w.Code != status {
				t.Errorf("%s answers %d %s", members, w.Code, w.Body)
			}
		}
		path := h.createdIn("/batches", job(""))
		for query, status := range map[string]int{
			"/sessions?from=0": 200, "/sessions?from=-1": 400, "/sessions?from=2147483647": 200, "/sessions?from=2147483648": 400,
			"/sessions?size=0": 200, "/sessions?size=-1": 400, "/sessions?size=2147483647": 200, "/sessions?size=99999999999999999999": 400,
			"/batches?from=0": 200, "/batches?from=-1": 400, "/batches?size=0": 200, "/batches?size=-1": 400, "/batches?size=2147483648": 400,
			"/batches?start=0": 200, "/batches?start=-1": 400, "/batches?end=9223372036854775807": 200, "/batches?end=9223372036854775808": 400,
			path + "/log?size=-1": 200, path + "/log?size=-2": 400, path + "/log?from=0": 200, path + "/log?from=-1": 400,
		} {
			if w := h.Send("GET", base+query, ""); w.Code != status {
				t.Errorf("%s answers %d %s", query, w.Code, w.Body)
			}
		}
		for query, total := range map[string]string{
			"?end=9223372036854775807": `"total":1`, "?start=9223372036854775807": `"total":0`, "?start=1&end=1": `"total":0`,
		} {
			h.want(http.StatusOK, total, "GET", "/batches"+query, "")
		}
	})
}

func TestLimits_OfTokens_HoldAtTheirUpperEdge(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		h.want(http.StatusOK, `"total":0`, "GET", "/sessions", "", "X-Auth-Token: "+strings.Repeat("x", maxToken))
		h.want(http.StatusUnauthorized, codeUser, "GET", "/sessions", "", "X-Auth-Token: "+strings.Repeat("x", maxToken+1))
	})
}

func TestPlainName_IsOneNameInAFolder(t *testing.T) {
	for name, want := range map[string]bool{
		"a.jar": true, "sys.datasource.rds": true, "ü 火.jar": true, "...": true, strings.Repeat("x", 255): true, strings.Repeat("x", 256): false,
		"": false, ".": false, "..": false, "a/b": false, `a\b`: false, "a,b": false, "a#b": false, "s3:b": false, "a\x00": false, "a\nb": false, "a\rb": false,
	} {
		if plainName(name) != want {
			t.Errorf("%.40q: %v, want %v", name, !want, want)
		}
	}
}

// The sweeper looks every second, so that a session may live one longer.
func TestIdle_HeartbeatTimeout_CountsFromTheLastStatement(t *testing.T) {
	within(t, nil, func(t *testing.T, h *fixture) {
		path := h.ready(with(`"heartbeatTimeoutInSecond":30`))
		time.Sleep(20 * time.Second)
		h.want(http.StatusOK, `"state":"waiting"`, "POST", path+"/statements", `{"code":"1"}`)
		synctest.Wait()
		time.Sleep(29 * time.Second)
		synctest.Wait()
		h.want(http.StatusOK, `"state":"idle"`, "GET", path+"/state", "")
		time.Sleep(5 * time.Second) // asking has not kept it
		synctest.Wait()
		h.want(http.StatusOK, `"state":"success"`, "GET", path+"/state", "")
	})
}

func FuzzFields_AnyBody_IsReadOrRefusedAsAParameter(f *testing.F) {
	for _, seed := range []string{
		small, job(`"args":[1,null],"auto_recovery":"true"`), with(`"conf":[{"key":"a","value":1},"b=c",null,{"d":"e"}]`),
		with(`"groups":["g",{"name":"g","resources":["r",{"name":"r","type":"jar"},null]}]`), `{"conf":[[]]}`, `{"groups":[""],"resources":[0]}`, "[", `{"kind":{}}`, "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var a asked
		var p program
		var kind string
		known := a.fields()
		p.fields(known)
		known["kind"] = kindField(&kind)
		_, err := known.DecodeKnown(body)
		if err == nil {
			err = errors.Join(p.check(), a.check())
		}
		if err == nil {
			_, _, _, err = a.shapeOf()
		}
		if err == nil {
			return
		}
		if code := wireError(err).Code; code != codeParameter && code != codeUnsupported {
			t.Errorf("%q is %s: %v", body, code, err)
		}
	})
}
