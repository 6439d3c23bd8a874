package session

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// Group is a named part of a tenant that sessions are created in and that has limits of its own: a
// queue of Huawei DLI.
//
// Until the first group of a dialect is configured, a session may name any; from then on only those
// that are.
type Group struct {
	Dialect string
	// Scope is the tenant it belongs to; "" is one of this name for every tenant.
	Scope string
	Name  string
	// Engine is the name of the engine of its sessions, "" for that of the dialect.
	Engine string
	// MaxSessions and MaxBatches are how many live sessions and batches it may have in one scope,
	// each counted over the collection of the new one; 0 is no limit but that of the scope.
	MaxSessions int
	MaxBatches  int
}

// LabelGroup is the label that holds the name of a session's group, so that lists can be filtered
// by it. A session without a group does not have it.
const LabelGroup = "group"

// CheckGroups refuses a configuration in which a group occurs twice or has no name.
func CheckGroups(groups []Group) error {
	type key struct{ dialect, scope, name string }
	seen := map[key]bool{}
	for _, g := range groups {
		k := key{g.Dialect, g.Scope, g.Name}
		switch {
		case g.Dialect == "" || g.Name == "":
			return fmt.Errorf("a group needs a dialect and a name: %+v", g)
		case g.MaxSessions < 0 || g.MaxBatches < 0:
			return fmt.Errorf("group %q: a limit cannot be negative", g.Name)
		case seen[k]:
			return fmt.Errorf("group %q is configured twice", g.Name)
		}
		seen[k] = true
	}
	return nil
}

// AddGroups adds groups to those of Config before Start. It returns an error if one of them is
// there already or cannot be.
func (m *Manager) AddGroups(groups ...Group) error {
	all := slices.Concat(m.cfg.Groups, groups)
	for _, g := range groups {
		if _, err := m.cfg.Engines.Driver(cmp.Or(g.Engine, m.cfg.DefaultEngine)); err != nil {
			return fmt.Errorf("group %q: %w", g.Name, err)
		}
	}
	if err := CheckGroups(all); err != nil {
		return err
	}
	m.cfg.Groups = all
	return nil
}

// groupOf finds the group a new session names; a group of its own scope wins. The zero Group where
// none is named or none is configured. NotFound with ReasonNoGroup.
func groupOf(groups []Group, n NewSession) (Group, error) {
	if n.Group == "" {
		return Group{}, nil
	}
	var found *Group
	configured := false
	for i, g := range groups {
		if g.Dialect != n.Dialect {
			continue
		}
		configured = true
		if g.Name == n.Group && (g.Scope == n.Scope || g.Scope == "" && found == nil) {
			found = &groups[i]
		}
	}
	switch {
	case found != nil:
		return *found, nil
	case configured:
		return Group{}, errorf(NotFound, ReasonNoGroup, "There is no group named %s", n.Group)
	}
	return Group{}, nil
}

// groupEngine returns the engine of the group that a new session names, "" if there is none.
func groupEngine(groups []Group, n NewSession) string {
	group, _ := groupOf(groups, n)
	return group.Engine
}

// A scope may have maxFailed sessions within failedEvery that fail at their creation.
const (
	maxFailed   = 200
	failedEvery = 10 * time.Minute
)

// checkFailed refuses a session that is over at once if its scope has had too many of late: it
// takes nothing of the machine but rows, and nobody would count them.
func (m *Manager) checkFailed(ctx context.Context, r Reader, n NewSession) error {
	failed, err := r.CountSessions(ctx, Filter{
		Dialect: n.Dialect, Scope: n.Scope, States: []State{StateEnded}, Causes: []Cause{CauseFailedStart}, NeverReady: true,
		EndedAfter: time.Now().Add(-failedEvery),
	})
	if err != nil {
		return err
	}
	if failed >= maxFailed {
		return errorf(Quota, "", "%d sessions have failed to start within %d minutes. Try again later.", failed, failedEvery/time.Minute)
	}
	return nil
}

// checkRoom refuses a session for which its scope or its group has no room. A scope counts all
// collections of the dialect. Deleted sessions count while they live: creating and deleting in turn
// must not get around a quota.
func (m *Manager) checkRoom(ctx context.Context, r Reader, n NewSession) error {
	group, err := groupOf(m.cfg.Groups, n)
	if err != nil {
		return err
	}
	f := Filter{Dialect: n.Dialect, Scope: n.Scope, States: LiveStates(), Deleted: true}
	live, err := r.CountSessions(ctx, f)
	if err != nil {
		return err
	}
	if live >= m.cfg.MaxSessions {
		return errorf(Quota, "", "The limit of %d live sessions is reached. Stop a session first.", m.cfg.MaxSessions)
	}
	limit := group.MaxSessions
	if n.Spec.Launch.Batch != nil {
		limit = group.MaxBatches
	}
	if limit == 0 {
		return nil
	}
	f.Collections, f.Labels = []string{n.Collection}, map[string]string{LabelGroup: n.Group}
	if live, err = r.CountSessions(ctx, f); err != nil {
		return err
	}
	if live >= limit {
		return errorf(Quota, ReasonGroup, "The limit of %d live sessions in %s is reached. Stop a session first.", limit, n.Group)
	}
	return nil
}
