package server

import (
	"net/http"
	"strings"
	"testing"

	"hearth/internal/dialect"
)

func mount(name string, services []dialect.Service, routes ...dialect.Route) Mount {
	for i := range services {
		services[i].Handler = tell(name)
	}
	for i := range routes {
		routes[i].Handler = tell(name)
	}
	return Mount{Dialect: name, Mounted: dialect.Mounted{Services: services, Routes: routes}}
}

func TestNew_TwoOwnersOfOneThing_AreRefusedWithBothNames(t *testing.T) {
	path := func(p string) []dialect.Route { return []dialect.Route{{Path: p}} }
	host := func(h, p string) []dialect.Route { return []dialect.Route{{Host: h, Path: p}} }
	for name, c := range map[string]struct {
		one, two []dialect.Route
		clash    bool
	}{
		"one path":                   {path("/a"), path("/a"), true},
		"a path below another":       {path("/a/"), path("/a/b"), true},
		"a prefix around another":    {path("/a/b/"), path("/a/"), true},
		"a prefix without its slash": {path("/a/"), path("/a"), true},
		"paths that look alike":      {path("/a/"), path("/ab"), false},
		"exact paths":                {path("/a"), path("/a/b"), false},
		"one host":                   {host("x.example", "/"), host("X.example", "/a"), true},
		"a host below another":       {host(".example", "/a/"), host("x.example", "/a/"), true},
		"two hosts":                  {host("x.example", "/"), host("y.example", "/"), false},
		"a host beside none":         {path("/a"), host("x.example", "/a"), false},
	} {
		_, err := New(Config{Mounts: []Mount{mount("one", nil, c.one...), mount("two", nil, c.two...)}})
		if clash := err != nil; clash != c.clash || clash && (!strings.Contains(err.Error(), "one") || !strings.Contains(err.Error(), "two")) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, p := range []string{"/", "/healthz", "/ui/x", "/ui", "/metrics/", "/dashboard/x/", "/session-log/", "/_hearth/v1/x"} {
		if _, err := New(Config{AdminToken: "x", Mounts: []Mount{mount("one", nil, dialect.Route{Path: p})}}); err == nil || !strings.Contains(err.Error(), "hearth") || !strings.Contains(err.Error(), "one") {
			t.Errorf("the server's own %s: %v", p, err)
		}
	}
	for _, p := range []string{"", "a", "GET /a", "/{id}"} {
		if _, err := New(Config{Mounts: []Mount{mount("one", nil, dialect.Route{Path: p})}}); err == nil {
			t.Errorf("%q was taken for a path", p)
		}
	}
	if _, err := New(Config{Mounts: []Mount{mount("one", nil, dialect.Route{Path: "/a"}, dialect.Route{Path: "/a"})}}); err == nil {
		t.Error("one path was mounted twice")
	}
	if _, err := New(Config{Mounts: []Mount{mount("one", nil, dialect.Route{Path: "/a"}, dialect.Route{Path: "/a/"})}}); err != nil {
		t.Errorf("a collection and its members: %v", err)
	}
	for _, two := range []dialect.Service{{Name: "s3"}, {Name: "x", Target: "S3"}} {
		_, err := New(Config{Mounts: []Mount{mount("one", []dialect.Service{{Name: "s3", Target: "S3"}}), mount("two", []dialect.Service{two})}})
		if err == nil || !strings.Contains(err.Error(), "one") || !strings.Contains(err.Error(), "two") {
			t.Errorf("service %+v: %v", two, err)
		}
	}
}

func TestFrontDoor_ByHost_FindsWhoAnswersThere(t *testing.T) {
	h := newFixture(t, func(c *Config) {
		c.Mounts = append(c.Mounts,
			mount("paths", nil, dialect.Route{Path: "/sessions"}),
			mount("one", nil, dialect.Route{Host: "one.example", Path: "/sessions"}),
			mount("many", nil, dialect.Route{Host: ".many.example", Path: "/"}))
	})
	for _, c := range []struct {
		host, path string
		status     int
		text       string
	}{
		{"127.0.0.1:8998", "/sessions", 200, "paths "},
		{"one.example", "/sessions", 200, "one "},
		{"ONE.example.:8998", "/sessions", 200, "one "},
		{"one.example", "/healthz", 404, "Nothing answers"},
		{"a.many.example:80", "/anything/else", 200, "many "},
		{"many.example", "/", 421, "host name"},
		{"two.example", "/sessions", 421, "host name"},
	} {
		w := h.send(http.MethodGet, c.path, "", "Host", c.host)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.text) {
			t.Errorf("%s %s: %d %s", c.host, c.path, w.Code, w.Body)
		}
	}
}
