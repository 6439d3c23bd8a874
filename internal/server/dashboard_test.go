package server

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hearth/internal/engine"
	"hearth/internal/session"
)

// ui is a Spark UI: it tells what reached it, and redirects as Spark does.
func ui(t *testing.T) (address string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "Jetty")
		w.Header().Set("Set-Cookie", "evil=1")
		switch r.URL.Path {
		case "/headers":
			for _, name := range []string{
				"Service-Worker-Allowed", "Clear-Site-Data", "Refresh", "Link", "Strict-Transport-Security",
				"Access-Control-Allow-Origin", "X-Hearth-Secret", "Permissions-Policy", "Alt-Svc", "Report-To",
			} {
				w.Header().Set(name, "/")
			}
			w.Header().Set("Content-Type", "text/css")
			w.Header().Set("ETag", `"1"`)
		case "/moved":
			http.Redirect(w, r, "http://"+r.Host+"/jobs/?a=b", http.StatusFound)
		case "/away":
			w.Header().Set("Location", "http://evil.example/x")
			w.WriteHeader(http.StatusFound)
		case "/relative":
			w.Header().Set("Location", r.Header.Get("X-Forwarded-Context")+"/stages/")
			w.WriteHeader(http.StatusFound)
		default:
			io.WriteString(w, r.Method+" "+r.URL.RequestURI()+" host="+r.Host+" context="+r.Header.Get("X-Forwarded-Context")+
				" secret="+r.Header.Get("X-Hearth-Secret")+" cookie="+r.Header.Get("Cookie")+" auth="+r.Header.Get("Authorization")+
				" upgrade="+r.Header.Get("Upgrade")+" for="+r.Header.Get("X-Forwarded-For"))
		}
	}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

// enterUI asks for the dashboard of a session and uses its token.
func enterUI(t *testing.T, h *fixture, of session.Session) (base, cookie string) {
	t.Helper()
	link := dashboardLink(t, h, of)
	w := h.send("GET", link, "")
	if w.Code != http.StatusFound {
		t.Fatalf("enter: %d %s", w.Code, w.Body)
	}
	c := w.Result().Cookies()[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != dashboardPath+of.ID+"/" {
		t.Errorf("cookie: %+v", c)
	}
	return w.Header().Get("Location"), c.Name + "=" + c.Value
}

func dashboardLink(t *testing.T, h *fixture, of session.Session) string {
	t.Helper()
	r := httptest.NewRequest("GET", "/", nil)
	r.Host = "localhost:8998"
	link, err := h.pages.Dashboard(withBase(r), of)
	if err != nil {
		t.Fatal(err)
	}
	path, ok := strings.CutPrefix(link, "http://localhost:8998/")
	if !ok {
		t.Fatalf("link = %s", link)
	}
	return "/" + path
}

func withUI(address string) func(*session.Session) {
	return func(s *session.Session) { s.Info = engine.Info{UIAddress: address, UISecret: "hush"} }
}

func TestDashboard_WithItsToken_ShowsTheUIOfThatSession(t *testing.T) {
	h := newFixture(t)
	of := h.add("x", withUI(ui(t)))
	base, cookie := enterUI(t, h, of)
	if base != "/dashboard/s-x/" {
		t.Errorf("base = %s", base)
	}
	for path, want := range map[string]string{
		base:                              "GET /jobs/ ",
		base + "api/v1/applications":      "GET /api/v1/applications ",
		base + "jobs/job/?id=3&doAs=root": "GET /jobs/job/?id=3 ",
		base + "static/a%20b.js":          "GET /static/a%20b.js ",
	} {
		w := h.send("GET", path, "", "Cookie", cookie+"; other=1", "Authorization", "Basic eDp5", "X-Hearth-Secret", "forged",
			"X-Forwarded-Context", "/forged", "X-Forwarded-For", "1.2.3.4", "Upgrade", "websocket", "Connection", "Upgrade")
		text := w.Body.String()
		if w.Code != 200 || !strings.HasPrefix(text, want) || !strings.Contains(text, " context=/dashboard/s-x secret=hush cookie= auth= upgrade= for=") ||
			!strings.Contains(text, "host="+of.Info.UIAddress) {
			t.Errorf("%s: %d %s", path, w.Code, text)
		}
		if w.Header().Get("Set-Cookie") != "" || w.Header().Get("Server") != "" ||
			!strings.Contains(w.Header().Get("Content-Security-Policy"), "connect-src http://127.0.0.1:8998/dashboard/s-x/;") ||
			w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", path, w.Header())
		}
	}
}

func TestDashboard_Redirects_StayBelowItsBase(t *testing.T) {
	h := newFixture(t)
	_, cookie := enterUI(t, h, h.add("x", withUI(ui(t))))
	for path, want := range map[string]string{
		"moved": "/dashboard/s-x/jobs/?a=b", "away": "/dashboard/s-x/", "relative": "/dashboard/s-x/stages/",
	} {
		if w := h.send("GET", "/dashboard/s-x/"+path, "", "Cookie", cookie); w.Header().Get("Location") != want {
			t.Errorf("%s: %d %s", path, w.Code, w.Header().Get("Location"))
		}
	}
	for location, want := range map[string]string{
		"http://127.0.0.1:4040/":                  "/p/",
		"http://127.0.0.1:4040/p/jobs/":           "/p/jobs/",
		"/prefix":                                 "/p/prefix",
		"//evil.example/x":                        "/p/",
		"http://127.0.0.1:4040@evil.example/jobs": "/p/",
		"/p/../../healthz":                        "/p/healthz",
		"javascript:alert(1)":                     "/p/",
		"jobs/":                                   "/p/",
		"":                                        "/p/",
		"http://127.0.0.1:4040//evil.example/":    "/p/evil.example/",
	} {
		if got := relocate(location, "127.0.0.1:4040", "/p"); got != want {
			t.Errorf("%q becomes %q, want %q", location, got, want)
		}
	}
}

func TestDashboard_WithoutARight_IsClosed(t *testing.T) {
	h := newFixture(t)
	address := ui(t)
	of, other := h.add("x", withUI(address)), h.add("y", withUI(address))
	link := dashboardLink(t, h, of)
	token := link[strings.Index(link, "?"):]
	closed := func(name string, w *httptest.ResponseRecorder) {
		t.Helper()
		if w.Code != http.StatusForbidden || strings.Contains(w.Body.String(), "secret=") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	closed("nothing", h.send("GET", "/dashboard/s-x/", ""))
	closed("another session's token", h.send("GET", "/dashboard/s-y/"+token, ""))
	closed("a forged token", h.send("GET", link[:len(link)-2]+"AA", ""))
	closed("no token at all", h.send("GET", "/dashboard/s-x/?token=.", ""))
	closed("a look-ahead", h.send("HEAD", link, ""))
	closed("the token as cookie", h.send("GET", "/dashboard/s-x/jobs/", "", "Cookie", dashboardCookie+"="+token[len("?token="):]))
	if w := h.send("GET", link, ""); w.Code != http.StatusFound {
		t.Fatalf("the first use: %d %s", w.Code, w.Body)
	}
	closed("the second use", h.send("GET", link, ""))
	_, cookie := enterUI(t, h, other)
	closed("another session's cookie", h.send("GET", "/dashboard/s-x/jobs/", "", "Cookie", cookie))

	_, cookie = enterUI(t, h, of)
	closed("a kill from another page", h.send("GET", "/dashboard/s-x/jobs/job/kill/?id=1", "", "Cookie", cookie, "Sec-Fetch-Site", "cross-site"))
	closed("a kill from nowhere", h.send("GET", "/dashboard/s-x/jobs/job/kill/?id=1", "", "Cookie", cookie, "Sec-Fetch-Site", "none"))
	closed("a post from another page", h.send("POST", "/dashboard/s-x/jobs/", "", "Cookie", cookie, "Origin", "http://evil.example", "Sec-Fetch-Site", "cross-site"))
	if w := h.send("GET", "/dashboard/s-x/jobs/job/kill/?id=1", "", "Cookie", cookie, "Sec-Fetch-Site", "same-origin"); w.Code != 200 {
		t.Errorf("a kill from its own page: %d", w.Code)
	}
	h.shelf.change("x", func(s *session.Session) { s.ID = "s-new" }) // deleted, and its name given again
	if w := h.send("GET", "/dashboard/s-x/jobs/", "", "Cookie", cookie); w.Code != http.StatusNotFound {
		t.Errorf("a successor: %d", w.Code)
	}
}

func TestDashboard_OfASessionWithoutUI_SaysWhy(t *testing.T) {
	h := newFixture(t)
	of := h.add("x", func(s *session.Session) { s.State = session.StateStarting })
	link := dashboardLink(t, h, of)
	for _, c := range []struct {
		change func(*session.Session)
		status int
	}{
		{func(*session.Session) {}, http.StatusServiceUnavailable},
		{func(s *session.Session) { s.State = session.StateIdle }, http.StatusNotFound},
		{withUI("10.0.0.1:80"), http.StatusFound}, // the token is spent here
	} {
		h.shelf.change("x", c.change)
		if w := h.send("GET", link, ""); w.Code != c.status {
			t.Errorf("%d %s, want %d", w.Code, w.Body, c.status)
		}
	}
	_, cookie := enterUI(t, h, of)
	for address, status := range map[string]int{"10.0.0.1:80": 502, "evil.example:80": 502, "127.0.0.1:1": 502, "": 404} {
		h.shelf.change("x", withUI(address))
		if w := h.send("GET", "/dashboard/s-x/", "", "Cookie", cookie); w.Code != status {
			t.Errorf("%q: %d %s", address, w.Code, w.Body)
		}
	}
	h.shelf.change("x", func(s *session.Session) { s.State = session.StateEnded })
	if w := h.send("GET", "/dashboard/s-x/", "", "Cookie", cookie); w.Code != http.StatusGone {
		t.Errorf("ended: %d", w.Code)
	}
}

func TestTickets_AfterTheirTime_AreWorthless(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tickets := newTickets()
		of := session.Session{Ref: session.Ref{ID: "日本\n\"<>"}}
		sealed := tickets.seal(forLog, of, time.Minute)
		if got, err := tickets.open(sealed, forLog); err != nil || got.SessionID != of.ID {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := tickets.open(sealed, forCookie); err == nil {
			t.Error("it serves another purpose")
		}
		if _, err := newTickets().open(sealed, forLog); err == nil {
			t.Error("it serves another server")
		}
		time.Sleep(time.Minute)
		if _, err := tickets.open(sealed, forLog); err == nil {
			t.Error("it serves for ever")
		}
		for range 3 { // what is spent is forgotten once it has expired anyway
			one, err := tickets.open(tickets.seal(forDashboard, of, time.Minute), forDashboard)
			if err != nil || !tickets.spend(one) || tickets.spend(one) || len(tickets.spent) != 1 {
				t.Errorf("spent: %v, %v", tickets.spent, err)
			}
			time.Sleep(2 * time.Minute)
		}
	})
}

func FuzzTickets(f *testing.F) {
	tickets := newTickets()
	f.Add(tickets.seal(forLog, session.Session{Ref: session.Ref{ID: "s"}}, time.Hour))
	f.Add("")
	f.Add("..")
	f.Fuzz(func(t *testing.T, sealed string) {
		if one, err := tickets.open(sealed, forLog); err == nil && one.SessionID != "s" {
			t.Errorf("%q opens as %+v", sealed, one)
		}
	})
}

func TestLog_WithItsToken_IsPlainText(t *testing.T) {
	h := newFixture(t)
	of := h.add("x")
	h.shelf.logs["x"] = "<script>alert(1)</script>\n"
	link, err := h.pages.LogLink(context.Background(), of)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		w := h.send("GET", u.RequestURI(), "")
		if w.Code != 200 || w.Body.String() != h.shelf.logs["x"] || w.Header().Get("Content-Type") != "text/plain; charset=utf-8" ||
			w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%d %s %v", w.Code, w.Body, w.Header())
		}
	}
	for _, path := range []string{u.Path, u.Path + "?token=x", "/session-log/s-y?" + u.RawQuery} {
		if w := h.send("GET", path, ""); w.Code != http.StatusForbidden {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	delete(h.shelf.logs, "x")
	if w := h.send("GET", u.RequestURI(), ""); w.Code != 200 || w.Body.Len() != 0 {
		t.Errorf("no log yet: %d %s", w.Code, w.Body)
	}
}
