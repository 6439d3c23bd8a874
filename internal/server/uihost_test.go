package server

import (
	"net/http"
	"strings"
	"testing"

	"hearth/internal/session"
)

const fullID = "s-abcdefghijklmnopqrstuvwxyz"

func TestDashboard_EnteredByABrowser_HasAHostOfItsOwn(t *testing.T) {
	h := newFixture(t)
	of := h.add("x", withUI(ui(t)), func(s *session.Session) { s.ID = fullID })
	browser := []string{"Sec-Fetch-Dest", "document", "Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate"}
	link := dashboardLink(t, h, of)
	for _, host := range []string{"localhost:8998", "127.0.0.1:8998", "[::1]:8998"} {
		w := h.send("GET", link, "", append(browser, "Host", host)...)
		if got, want := w.Header().Get("Location"), "http://"+fullID+".localhost:8998"+link; w.Code != http.StatusFound || got != want {
			t.Errorf("%s: %d to %s, want %s", host, w.Code, got, want)
		}
		if len(w.Result().Cookies()) > 0 {
			t.Errorf("%s: the cookie is set for the host of all", host)
		}
	}
	own := append(browser, "Host", fullID+".localhost:8998")
	w := h.send("GET", link, "", own...)
	if w.Code != http.StatusFound || w.Header().Get("Location") != dashboardPath+fullID+"/" || len(w.Result().Cookies()) != 1 {
		t.Fatalf("%d to %s", w.Code, w.Header().Get("Location"))
	}
	c := w.Result().Cookies()[0]
	if w := h.send("GET", dashboardPath+fullID+"/jobs/", "", append(own, "Cookie", c.Name+"="+c.Value)...); w.Code != http.StatusOK {
		t.Errorf("the UI on its own host: %d %s", w.Code, w.Body)
	}
}

func TestDashboard_EnteredByAProgram_StaysWhereItIs(t *testing.T) {
	h := newFixture(t)
	of := h.add("x", withUI(ui(t)), func(s *session.Session) { s.ID = fullID })
	if w := h.send("GET", dashboardLink(t, h, of), ""); w.Code != http.StatusFound || w.Header().Get("Location") != dashboardPath+fullID+"/" {
		t.Errorf("%d to %s", w.Code, w.Header().Get("Location"))
	}
}

func TestUIHost_OfASession_AnswersNothingElse(t *testing.T) {
	h := newFixture(t)
	for _, path := range []string{"/", "/healthz", "/metrics", "/dashboard/s-x/", "/session-log/" + fullID, "/dashboard/" + fullID} {
		if w := h.send("GET", path, "", "Host", fullID+".localhost:8998"); w.Code != http.StatusMisdirectedRequest {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if w := h.send("POST", "/", "{}", "Host", fullID+".localhost:8998", "Authorization", signed("glue")); w.Code != http.StatusMisdirectedRequest {
		t.Errorf("a signed request: %d %s", w.Code, w.Body)
	}
	if w := h.send("GET", "/healthz", "", "Host", "other.localhost:8998"); w.Code != http.StatusOK {
		t.Errorf("another name below localhost: %d", w.Code)
	}
}

func TestDashboard_HeadersOfTheUI_AreThoseOfAList(t *testing.T) {
	h := newFixture(t)
	_, cookie := enterUI(t, h, h.add("x", withUI(ui(t))))
	w := h.send("GET", "/dashboard/s-x/headers", "", "Cookie", cookie)
	for _, name := range []string{
		"Service-Worker-Allowed", "Clear-Site-Data", "Refresh", "Link", "Strict-Transport-Security", "Set-Cookie", "Server",
		"Access-Control-Allow-Origin", "X-Hearth-Secret", "Permissions-Policy", "Alt-Svc", "Report-To",
	} {
		if got := w.Header().Get(name); got != "" {
			t.Errorf("%s: %s goes through", name, got)
		}
	}
	if w.Header().Get("Content-Type") != "text/css" || w.Header().Get("Etag") != `"1"` {
		t.Errorf("headers %v", w.Header())
	}
}

func TestDashboard_ServiceWorker_IsRefused(t *testing.T) {
	h := newFixture(t)
	_, cookie := enterUI(t, h, h.add("x", withUI(ui(t))))
	for _, header := range [][]string{{"Service-Worker", "script"}, {"Sec-Fetch-Dest", "serviceworker", "Sec-Fetch-Site", "same-origin"}} {
		if w := h.send("GET", "/dashboard/s-x/sw.js", "", append(header, "Cookie", cookie)...); w.Code != http.StatusForbidden {
			t.Errorf("%v: %d", header, w.Code)
		}
	}
}

func TestDashboard_KillLink_IsForPagesOfTheUIAlone(t *testing.T) {
	h := newFixture(t)
	_, cookie := enterUI(t, h, h.add("x", withUI(ui(t))))
	for name, c := range map[string]struct {
		headers []string
		want    int
	}{
		"a page of the UI":                   {[]string{"Sec-Fetch-Site", "same-origin"}, 200},
		"a page of the UI without TLS":       {[]string{"Referer", "http://127.0.0.1:8998/dashboard/s-x/jobs/"}, 200},
		"an address that was typed":          {[]string{"Sec-Fetch-Site", "none"}, 403},
		"another site":                       {[]string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, 403},
		"another site without TLS":           {[]string{"Referer", "http://evil.example/dashboard/s-x/"}, 403},
		"another session's UI without TLS":   {[]string{"Referer", "http://127.0.0.1:8998/dashboard/s-y/"}, 403},
		"nobody who says where it came from": {nil, 403},
	} {
		w := h.send("GET", "/dashboard/s-x/jobs/job/kill/?id=1", "", append(c.headers, "Cookie", cookie)...)
		if w.Code != c.want {
			t.Errorf("%s: %d %s", name, w.Code, strings.TrimSpace(w.Body.String()))
		}
	}
}
