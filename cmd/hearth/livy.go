package main

import (
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"hearth/internal/dialect/livy"
	"hearth/internal/engine/spark"
	"hearth/internal/server"
)

// livyConfig is what the API of Livy can be told. Zero values are Livy's defaults.
type livyConfig struct {
	// BasePath is a prefix under which the API answers as well: "/gateway/livy".
	BasePath string `yaml:"base_path"`
	// Fields is the version of Livy whose session objects are answered: 0.7, 0.8 or
	// 0.9 (default).
	Fields string `yaml:"fields"`
	// RequireRequestedBy refuses changes without an X-Requested-By header.
	RequireRequestedBy bool `yaml:"require_requested_by"`
	// InterruptCancels makes interrupt cancel statements instead of ending the session.
	InterruptCancels bool `yaml:"interrupt_cancels"`
	// Impersonation honours proxyUser and doAs, for others than themselves from
	// Superusers alone.
	Impersonation bool     `yaml:"impersonation"`
	Superusers    []string `yaml:"superusers"`
	// IdleTimeout and Lifetime are those of sessions that ask for none: 1 h and
	// unlimited; a negative IdleTimeout is unlimited.
	IdleTimeout time.Duration `yaml:"idle_timeout"`
	Lifetime    time.Duration `yaml:"ttl"`
	// Engine runs its sessions; "" is the engine of the server.
	Engine string `yaml:"engine"`
	// ListEnded is how long lists show sessions after their end (default 10 min).
	ListEnded time.Duration `yaml:"list_ended"`
}

func (c livyConfig) check() error {
	switch {
	case c.Fields != "" && !slices.Contains(livy.FieldVersions(), c.Fields):
		return fmt.Errorf("livy: fields %q: it is one of %s", c.Fields, strings.Join(livy.FieldVersions(), ", "))
	case c.Lifetime < 0 || c.ListEnded < 0:
		return errors.New("livy: ttl and list_ended must not be negative")
	case len(c.Superusers) > 0 && !c.Impersonation:
		return errors.New("livy: superusers have no meaning without impersonation")
	}
	return c.checkBase()
}

// checkBase refuses base paths that no request has, or that another API of this
// server answers under.
func (c livyConfig) checkBase() error {
	base := c.BasePath
	if base == "" {
		return nil
	}
	if base == "/" || !strings.HasPrefix(base, "/") || path.Clean(base) != base || strings.ContainsAny(base, `{}?#% \`) {
		return fmt.Errorf("livy: base_path %q: it is a plain path such as /gateway/default/livy, without a slash at its end", base)
	}
	first, _, _ := strings.Cut(base[1:], "/")
	if taken := []string{"sessions", "batches", "version", "v2.0", "metrics", "healthz", "ui", "dashboard", "session-log", "_hearth"}; slices.Contains(taken, first) {
		return fmt.Errorf("livy: base_path %q: something else answers below /%s", base, first)
	}
	return nil
}

// livy builds the dialect.
func (h *house) livy(chooser *chooser, files *server.Files, pages *server.Pages) http.Handler {
	c := h.config.Livy
	return livy.New(livy.Config{
		Manager: h.manager, Runtimes: chooser, Files: files, Links: pages, Log: h.log,
		CheckConf: spark.CheckConf, Build: buildVersion(),
		BasePath: c.BasePath, Fields: c.Fields, RequireRequestedBy: c.RequireRequestedBy, InterruptCancels: c.InterruptCancels,
		Impersonation: c.Impersonation, Superusers: c.Superusers,
		IdleTimeout: c.IdleTimeout, Lifetime: c.Lifetime, ListEnded: c.ListEnded,
	})
}

// routes are the paths under which the dialect answers.
func (c livyConfig) routes(h http.Handler) []server.Route {
	patterns := []string{"/sessions", "/sessions/", "/batches", "/batches/", "/version"}
	if c.BasePath != "" {
		patterns = append(patterns, c.BasePath+"/")
	}
	var routes []server.Route
	for _, p := range patterns {
		routes = append(routes, server.Route{Pattern: p, Dialect: livy.Name, Handler: h})
	}
	return routes
}
