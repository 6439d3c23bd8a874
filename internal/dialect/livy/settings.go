package livy

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"hearth/internal/dialect"
)

// Settings are the section "livy" of the configuration. Zero values are Livy's defaults.
type Settings struct {
	// BasePath is a prefix under which the API answers as well, as behind a Knox gateway:
	// "/gateway/default/livy". It has no slash at its end.
	BasePath string `yaml:"base_path"`
	// Fields is the version of Livy whose session objects are answered: 0.7, 0.8 or 0.9 (default).
	// Java clients of an older version refuse objects with fields that they do not know.
	Fields string `yaml:"fields"`
	// RequireRequestedBy refuses changes without an X-Requested-By header, as
	// livy.server.csrf-protection.enabled does.
	RequireRequestedBy bool `yaml:"require_requested_by"`
	// InterruptCancels makes POST /sessions/{id}/interrupt cancel running and waiting statements,
	// where Livy ends the session.
	InterruptCancels bool `yaml:"interrupt_cancels"`
	// Impersonation honours proxyUser and doAs, as livy.impersonation.enabled does. Only Superusers
	// may name another user than themselves.
	Impersonation bool     `yaml:"impersonation"`
	Superusers    []string `yaml:"superusers"`
	// IdleTimeout is that of sessions that ask for none (default 1 h, as
	// livy.server.session.timeout); negative is never.
	IdleTimeout time.Duration `yaml:"idle_timeout"`
	// Lifetime is that of sessions without a ttl; 0 is unlimited.
	Lifetime time.Duration `yaml:"ttl"`
	// ListEnded is how long lists show a session after its end (default 10 min, as
	// livy.server.session.state-retain.sec). By id it stays readable longer.
	ListEnded time.Duration `yaml:"list_ended"`
}

var _ dialect.Settings = (*Settings)(nil)

// fieldVersions are the values of Settings.Fields.
var fieldVersions = []string{"0.7", "0.8", "0.9"}

// Flags implements dialect.Settings.
func (s *Settings) Flags(fs *flag.FlagSet) {
	fs.StringVar(&s.BasePath, "livy-base-path", s.BasePath, "`path` below which the Livy API answers as well, such as /gateway/default/livy")
}

// Check implements dialect.Settings.
func (s *Settings) Check() error {
	base := s.BasePath
	switch {
	case s.Fields != "" && !slices.Contains(fieldVersions, s.Fields):
		return fmt.Errorf("fields %q: it is one of %s", s.Fields, strings.Join(fieldVersions, ", "))
	case s.Lifetime < 0 || s.ListEnded < 0:
		return errors.New("ttl and list_ended must not be negative")
	case len(s.Superusers) > 0 && !s.Impersonation:
		return errors.New("superusers have no meaning without impersonation")
	case base != "" && (base == "/" || !strings.HasPrefix(base, "/") || path.Clean(base) != base || strings.ContainsAny(base, `{}?#% \`)):
		return fmt.Errorf("base_path %q: it is a plain path such as /gateway/default/livy, without a slash at its end", base)
	}
	return nil
}

// Mount implements dialect.Settings.
func (s *Settings) Mount(g dialect.Given) (dialect.Mounted, error) {
	paths := []string{"/sessions", "/sessions/", "/batches", "/batches/", "/version"}
	if s.BasePath != "" {
		paths = append(paths, s.BasePath+"/")
	}
	h := New(g, *s)
	var m dialect.Mounted
	for _, p := range paths {
		m.Routes = append(m.Routes, dialect.Route{Path: p, Handler: h})
	}
	return m, nil
}

func (s Settings) withDefaults() Settings {
	s.Fields = cmp.Or(s.Fields, "0.9")
	s.IdleTimeout = max(cmp.Or(s.IdleTimeout, time.Hour), 0)
	s.ListEnded = cmp.Or(s.ListEnded, 10*time.Minute)
	return s
}
