package dli

import (
	"context"
	"errors"
	"path"
	"strings"

	"hearth/internal/engine"
	"hearth/internal/session"
)

// Types of packages, as resources name them.
const (
	kindJar    = "jar"
	kindPyFile = "pyFile"
	kindFile   = "file"
)

// unpack turns the packages that a request names into paths and adds them to the spec. A package is
// added once, however often it is named.
func (d *api) unpack(ctx context.Context, a *asked, spec *engine.Spec) error {
	u := unpacking{d: d, seen: map[string]bool{}, beside: map[string]string{}, into: map[string]*[]string{
		kindJar: &spec.Launch.Jars, kindPyFile: &spec.Setup.PyFiles, kindFile: &spec.Setup.Files,
	}}
	for _, one := range []struct {
		kind  string
		names []string
	}{{kindJar, a.jars}, {kindPyFile, a.pyFiles}, {kindFile, a.files}} {
		for _, name := range one.names {
			if err := u.named(ctx, resource{name, one.kind}); err != nil {
				return err
			}
		}
	}
	for _, r := range a.resources {
		if err := u.named(ctx, r); err != nil {
			return err
		}
	}
	for _, g := range a.groups {
		if err := u.group(ctx, g); err != nil {
			return err
		}
	}
	for _, module := range a.modules {
		if err := u.module(ctx, module); err != nil {
			return err
		}
	}
	return nil
}

// unpacking collects the packages of one request.
type unpacking struct {
	d    *api
	into map[string]*[]string
	seen map[string]bool
	// beside are the paths of packages that are no jars, by the names of their files. Spark puts
	// them into one folder: of two with one name it would import the first in silence, or not
	// start.
	beside map[string]string
}

// named adds a package by its full name: group/name, or the name of one that is in no group.
func (u unpacking) named(ctx context.Context, r resource) error {
	group, name := splitName(r.name)
	return u.add(ctx, group, name, r.kind)
}

// splitName takes the full name of a package apart; the group is "" for one in no group.
func splitName(full string) (group, name string) {
	if group, name, grouped := strings.Cut(full, "/"); grouped {
		return group, name
	}
	return "", full
}

// group adds packages of a group. Their types need not be given, and are not compared with
// anything: it is enough that the group has the name.
func (u unpacking) group(ctx context.Context, g resourceGroup) error {
	if g.resources != nil {
		for _, r := range g.resources {
			if err := u.add(ctx, g.name, r.name, r.kind); err != nil {
				return err
			}
		}
		return nil
	}
	return u.whole(ctx, g.name, "group")
}

// module adds a module of the system: what the store has in a group of its name.
func (u unpacking) module(ctx context.Context, name string) error {
	return u.whole(ctx, name, "module")
}

func (u unpacking) whole(ctx context.Context, group, what string) error {
	none := missing("The %s %q does not exist.", what, group)
	if !plainName(group) {
		return none
	}
	names, err := u.d.packages.Group(ctx, group)
	if errors.Is(err, session.NotFound) {
		return none
	}
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := u.add(ctx, group, name, ""); err != nil {
			return err
		}
	}
	return nil
}

// add adds one package. The group is "" for one in no group, the type may be.
func (u unpacking) add(ctx context.Context, group, name, kind string) error {
	full := path.Join(group, name)
	if kind == "" {
		kind = kindOf(name)
	}
	into, known := u.into[kind]
	if !known {
		return invalid("The type of the package %q must be jar, pyFile or file, not %q.", full, kind)
	}
	found, err := u.d.packed(ctx, group, name)
	if err != nil || u.seen[kind+found] {
		return err
	}
	if kind != kindJar {
		file := path.Base(found)
		if other, taken := u.beside[file]; taken && other != found {
			return invalid("The package %q has the name of another one, and Spark puts all but jars into one folder.", full)
		}
		u.beside[file] = found
	}
	u.seen[kind+found] = true
	*into = append(*into, found)
	return nil
}

// packed is the path of a package.
func (d *api) packed(ctx context.Context, group, name string) (string, error) {
	none := missing("The package %q does not exist.", strings.TrimPrefix(group+"/"+name, "/"))
	if strings.HasPrefix(name, "/") && strings.HasSuffix(group, ":") { // an address
		return "", invalid("%s:/%s is an address. Put the file into the package store, and name it as group/name.", strings.TrimSuffix(group, ":"), name)
	}
	if !plainName(name) || group != "" && !plainName(group) {
		return "", none
	}
	found, err := d.packages.Package(ctx, group, name)
	switch {
	case errors.Is(err, session.NotFound):
		return "", none
	case err == nil && strings.ContainsAny(found, ",#\n"):
		// Spark's lists are separated by commas, and a mark begins an alias.
		return "", invalid("The package %q has a name that a list of files cannot hold.", name)
	}
	return found, err
}

// kindOf is the type of a package of which no type is said.
func kindOf(name string) string {
	switch path.Ext(name) {
	case ".jar":
		return kindJar
	case ".py", ".zip", ".egg", ".whl":
		return kindPyFile
	}
	return kindFile
}

// plainName reports whether a name is one name in a folder, and safe in a list.
func plainName(s string) bool {
	return s != "" && s != "." && s != ".." && len(s) <= 255 && !strings.ContainsAny(s, "/\\,#:\x00\n\r")
}
