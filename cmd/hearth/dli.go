package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"hearth/internal/dialect/dli"
	"hearth/internal/engine/spark"
	"hearth/internal/server"
	"hearth/internal/session"
)

// dliConfig is what Huawei DLI's API can be told.
type dliConfig struct {
	// Packages is the folder of packages that requests name as group/name.
	Packages string `yaml:"packages"`
	// Engine runs its sessions; "" is the engine of the server.
	Engine string `yaml:"engine"`
	// Queues are those that exist; without any, every name is taken.
	Queues []dliQueue `yaml:"queues"`
	// Keys are secret keys by access key, Tokens users by X-Auth-Token. Without any
	// of both, every credential is taken.
	Keys   map[string]string `yaml:"keys"`
	Tokens map[string]string `yaml:"tokens"`
}

type dliQueue struct {
	Name string `yaml:"name"`
	// Project is whose queue it is; "" is every project's.
	Project string `yaml:"project"`
	// Engine runs its sessions; "" is that of DLI.
	Engine string `yaml:"engine"`
	// MaxSessions is how many live sessions it holds; 0 is no limit of its own.
	MaxSessions int `yaml:"max_sessions"`
	// MaxBatches is the same for batches.
	MaxBatches int `yaml:"max_batches"`
}

// groups are the queues as the domain knows them.
func (c dliConfig) groups() []session.Group {
	var groups []session.Group
	for _, q := range c.Queues {
		groups = append(groups, session.Group{
			Dialect: dli.Name, Scope: q.Project, Name: q.Name, Engine: q.Engine, MaxSessions: q.MaxSessions, MaxBatches: q.MaxBatches,
		})
	}
	return groups
}

func (c dliConfig) check() error {
	for key, secret := range c.Keys {
		if key == "" || secret == "" {
			return errors.New("dli: keys: a key and its secret cannot be empty")
		}
	}
	for token, user := range c.Tokens {
		if token == "" || user == "" {
			return errors.New("dli: tokens: a token and its user cannot be empty")
		}
	}
	if err := session.CheckGroups(c.groups()); err != nil {
		return fmt.Errorf("dli: queues: %w", err)
	}
	return nil
}

// packages opens the store; that in the data directory is made.
func (c dliConfig) packages(data string) (*server.Packages, error) {
	dir := c.Packages
	if dir == "" {
		dir = filepath.Join(data, "dli-packages")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	store, err := server.NewPackages(dir)
	if err != nil {
		return nil, fmt.Errorf("-dli-packages: %w", err)
	}
	return store, nil
}

// dli builds the dialect.
func (h *house) dli(chooser *chooser, pages *server.Pages) (http.Handler, error) {
	c := h.config.DLI
	packages, err := c.packages(h.config.Data)
	if err != nil {
		return nil, err
	}
	return dli.New(dli.Config{
		Manager: h.manager, Runtimes: chooser, Packages: packages, Links: pages, Log: h.log,
		CheckConf: spark.CheckConf, Keys: c.Keys, Tokens: c.Tokens,
	}), nil
}
