package dli

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"hearth/internal/dialect"
	"hearth/internal/session"
)

// Settings are the section "dli" of the configuration.
type Settings struct {
	// Packages is the folder of packages that requests name as group/name (default: dli-packages in
	// the data directory, which is then made).
	Packages string `yaml:"packages"`
	// Queues are those that exist; without any, every name is taken.
	Queues []Queue `yaml:"queues"`
	// Keys are secret keys by access key, Tokens users by X-Auth-Token. With neither, every
	// well-formed credential is taken at its word, and none is needed; with either, only their
	// owners come in.
	Keys   map[string]string `yaml:"keys"`
	Tokens map[string]string `yaml:"tokens"`
	// Projects are the projects that an access key, or the user of a token, may name; who is not
	// listed may name all.
	Projects map[string][]string `yaml:"projects"`
	// IdleTimeout is that of sessions without heartbeatTimeoutInSecond (default 1 h, as Livy has
	// it); negative is never.
	IdleTimeout time.Duration `yaml:"idle_timeout"`
	// ListEnded is how long lists show a session after its end (default 10 min, as Livy does). By
	// id it stays readable longer.
	ListEnded time.Duration `yaml:"list_ended"`
}

// Queue is one queue of the API, a group of the domain.
type Queue struct {
	Name string `yaml:"name"`
	// Project is the owner of the queue; "" is every project.
	Project string `yaml:"project"`
	// MaxSessions and MaxBatches are how many of each it holds alive; 0 is no limit of its own.
	MaxSessions int `yaml:"max_sessions"`
	MaxBatches  int `yaml:"max_batches"`
	// Engine is the engine that runs its sessions; "" is that of the dialect.
	Engine string `yaml:"engine"`
}

var _ dialect.Settings = (*Settings)(nil)

// Flags implements dialect.Settings.
func (s *Settings) Flags(fs *flag.FlagSet) {
	fs.StringVar(&s.Packages, "dli-packages", s.Packages, "`directory` of packages that DLI requests name as group/name (default: dli-packages in the data directory)")
}

// Check implements dialect.Settings.
func (s *Settings) Check() error {
	for key, secret := range s.Keys {
		if key == "" || secret == "" {
			return errors.New("keys: a key and its secret cannot be empty")
		}
	}
	for token, user := range s.Tokens {
		if token == "" || user == "" {
			return errors.New("tokens: a token and its user cannot be empty")
		}
	}
	for who, projects := range s.Projects {
		_, key := s.Keys[who]
		if !key && !slices.Contains(slices.Collect(maps.Values(s.Tokens)), who) {
			return fmt.Errorf("projects: %s is neither one of keys nor a user of tokens", who)
		}
		if slices.ContainsFunc(projects, func(p string) bool { return !plainProject(p) }) {
			return fmt.Errorf("projects: %s: a project id has at most 64 letters, digits, - and _", who)
		}
	}
	if s.ListEnded < 0 {
		return errors.New("list_ended must not be negative")
	}
	if err := session.CheckGroups(s.groups()); err != nil {
		return fmt.Errorf("queues: %w", err)
	}
	return nil
}

// Mount implements dialect.Settings.
func (s *Settings) Mount(g dialect.Given) (dialect.Mounted, error) {
	dir := s.Packages
	if dir == "" {
		dir = filepath.Join(g.DataDir, "dli-packages")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return dialect.Mounted{}, err
		}
	}
	packages, err := newStore(dir)
	if err != nil {
		return dialect.Mounted{}, fmt.Errorf("-dli-packages: %w", err)
	}
	return dialect.Mounted{
		Routes: []dialect.Route{{Path: "/v2.0/", Handler: New(g, *s, packages)}},
		Groups: s.groups(),
		Files:  []string{dir}, Guarded: s.guarded(),
	}, nil
}

// groups are the queues as the domain knows them.
func (s *Settings) groups() []session.Group {
	var groups []session.Group
	for _, q := range s.Queues {
		groups = append(groups, session.Group{
			Dialect: Name, Scope: q.Project, Name: q.Name, MaxSessions: q.MaxSessions, MaxBatches: q.MaxBatches, Engine: q.Engine,
		})
	}
	return groups
}

func (s Settings) withDefaults() Settings {
	s.IdleTimeout = max(cmp.Or(s.IdleTimeout, time.Hour), 0)
	s.ListEnded = cmp.Or(s.ListEnded, 10*time.Minute)
	return s
}
