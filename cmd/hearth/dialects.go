package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"hearth/internal/dialect"
	"hearth/internal/dialect/dli"
	"hearth/internal/dialect/glue"
	"hearth/internal/dialect/iam"
	"hearth/internal/dialect/livy"
	"hearth/internal/dialect/sts"
)

// dialectRow is one API that a server may answer.
type dialectRow struct {
	// name is the name of the dialect, of its section in the configuration file and in -dialects.
	name string
	// settings returns new settings with their defaults.
	settings func() dialect.Settings
}

// dialects is the table of dialects, one row each.
func dialects() []dialectRow {
	return []dialectRow{
		{glue.Name, glue.Settings},
		{sts.Name, sts.Settings},
		{iam.Name, iam.Settings},
		{livy.Name, func() dialect.Settings { return new(livy.Settings) }},
		{dli.Name, func() dialect.Settings { return new(dli.Settings) }},
	}
}

// api is one dialect with what the configuration says of it.
type api struct {
	name     string
	settings dialect.Settings
	// engine is the engine of its sessions; "" is that of the server.
	engine string
}

func newAPIs(rows []dialectRow) []api {
	apis := make([]api, 0, len(rows))
	for _, row := range rows {
		apis = append(apis, api{name: row.name, settings: row.settings()})
	}
	return apis
}

// load decodes the sections of the configuration file into the settings of the dialects. A section
// of no dialect is an unknown key.
func (c *config) load() error {
	for _, name := range slices.Sorted(maps.Keys(c.Sections)) {
		node := c.Sections[name]
		i := slices.IndexFunc(c.apis, func(a api) bool { return a.name == name })
		if i < 0 {
			return fmt.Errorf("line %d: there is no setting %q, and no API of that name", node.Line, name)
		}
		if err := c.apis[i].load(node); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// load decodes the section of one dialect: its engine, which is the program's to know, and the
// rest.
func (a *api) load(section yaml.Node) error {
	common := struct {
		Engine string               `yaml:"engine"`
		Own    map[string]yaml.Node `yaml:",inline"`
	}{}
	if err := section.Decode(&common); err != nil {
		return err
	}
	a.engine = common.Engine
	if len(common.Own) == 0 {
		return nil
	}
	// Only a decoder of text refuses unknown keys.
	text, err := yaml.Marshal(common.Own)
	if err != nil {
		return err
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(a.settings); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// flags adds the flags of the dialects, and the one that switches them on by name.
func (c *config) flags(fs *flag.FlagSet) {
	names := make([]string, 0, len(c.apis))
	for _, a := range c.apis {
		names = append(names, a.name)
		a.settings.Flags(fs)
	}
	fs.Func("dialects", "comma-separated `list` of the APIs that answer (default: all of "+strings.Join(names, ",")+")", func(list string) error {
		c.Dialects = nil
		for name := range strings.SplitSeq(list, ",") {
			c.Dialects = append(c.Dialects, strings.TrimSpace(name))
		}
		return nil
	})
}

// checkDialects checks the settings of the dialects and leaves those that are switched on.
func (c *config) checkDialects() error {
	var on []api
	for _, a := range c.apis {
		if err := a.settings.Check(); err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
		if len(c.Dialects) == 0 || slices.Contains(c.Dialects, a.name) {
			on = append(on, a)
		}
	}
	for _, name := range c.Dialects {
		if !slices.ContainsFunc(c.apis, func(a api) bool { return a.name == name }) {
			return fmt.Errorf("-dialects: there is no API named %q; there are %s", name, strings.Join(apiNames(c.apis), ", "))
		}
	}
	c.apis = on
	return nil
}

func apiNames(apis []api) []string {
	names := make([]string, 0, len(apis))
	for _, a := range apis {
		names = append(names, a.name)
	}
	return names
}

// dialectEngines returns the engines of the dialects that have one of their own.
func (c *config) dialectEngines() map[string]string {
	own := make(map[string]string)
	for _, a := range c.apis {
		if a.engine != "" {
			own[a.name] = a.engine
		}
	}
	return own
}
