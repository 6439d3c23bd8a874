package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"hearth/internal/runtimes"
	"hearth/internal/session"
)

// chooser says which installed runtime serves a version of an API. It looks at what is installed
// anew each time, so that a runtime installed meanwhile serves at once.
type chooser struct {
	root     string
	specs    []runtimes.Spec
	releases []runtimes.Release
	fallback string
	strict   bool
}

// newChooser fails if no runtime is installed, or not the one that is to serve requests without a
// version (wanted, "" for the default one): a server that accepts sessions which can never start
// helps nobody.
func newChooser(ctx context.Context, wanted string, strict bool) (*chooser, error) {
	root, err := runtimes.Root()
	if err != nil {
		return nil, err
	}
	c := &chooser{root: root, strict: strict}
	if c.specs, err = runtimes.Table(); err != nil {
		return nil, err
	}
	if c.releases, err = runtimes.Releases(); err != nil {
		return nil, err
	}
	// Without a default for this machine's Python the first installed one serves.
	if c.fallback, err = defaultRuntime(ctx); err != nil {
		c.fallback = ""
	}
	names, err := runtimes.InstalledNames(root)
	switch {
	case err != nil || len(names) == 0:
		return nil, errors.Join(err, &runtimes.FixError{Err: runtimes.ErrNotInstalled, Fix: "hearth runtime install"})
	case wanted == "":
		return c, nil
	case !slices.ContainsFunc(c.specs, func(s runtimes.Spec) bool { return s.Name == wanted }):
		return nil, fmt.Errorf("-runtime %q: %w", wanted, &runtimes.FixError{Err: errors.New("there is no such runtime"), Fix: "hearth runtime list"})
	case !slices.Contains(names, wanted):
		return nil, fmt.Errorf("-runtime %s: %w", wanted, &runtimes.FixError{Err: runtimes.ErrNotInstalled, Fix: "hearth runtime install " + wanted})
	}
	c.fallback = wanted
	return c, nil
}

// Resolve implements dialect.Runtimes.
func (c *chooser) Resolve(api, version string) (name, note string, err error) {
	installed, err := runtimes.InstalledNames(c.root)
	if err != nil {
		return "", "", err
	}
	r, err := runtimes.Resolve(c.specs, c.releases, installed, c.fallback, runtimes.Request{API: api, Version: version, Strict: c.strict})
	switch {
	case errors.Is(err, runtimes.ErrNotInstalled):
		return "", "", &session.Error{Kind: session.Unavailable, Msg: "No runtime is installed. Type: hearth runtime install", Err: err}
	case errors.Is(err, runtimes.ErrUnserved):
		return "", "", &session.Error{Kind: session.Invalid, Msg: "Version " + version + " is not served by any installed runtime.", Err: err}
	case err != nil:
		return "", "", err
	}
	return r.Served.Name, r.Text, nil
}

// Version implements dialect.Runtimes.
func (c *chooser) Version(api string) string {
	r, err := runtimes.Resolve(c.specs, c.releases, c.names(), c.fallback, runtimes.Request{API: api})
	if err != nil {
		return ""
	}
	best := ""
	for _, release := range c.releases {
		if release.API != api {
			continue
		}
		found, err := runtimes.Resolve(c.specs, c.releases, []string{r.Served.Name}, "", runtimes.Request{API: api, Version: release.Version, Strict: true})
		if err == nil && found.Exact {
			best = max(best, release.Version)
		}
	}
	return best
}

func (c *chooser) names() []string {
	names, err := runtimes.InstalledNames(c.root)
	if err != nil {
		return nil
	}
	return names
}
