package session

import "fmt"

// Group is a named part of a tenant that sessions are created in and that has
// limits of its own: a queue of Huawei DLI.
//
// Until the first group of a dialect is configured, a session may name any; from
// then on only those that are.
type Group struct {
	Dialect string
	// Scope is the tenant it belongs to; "" gives one of this name to every tenant.
	Scope string
	Name  string
	// MaxSessions is how many live sessions it may have in one scope; 0 is no
	// limit but that of the scope.
	MaxSessions int
}

// LabelGroup is the label that holds the name of a session's group, so that
// lists can be filtered by it. A session without a group does not have it.
const LabelGroup = "group"

// CheckGroups refuses a configuration that says one thing twice.
func CheckGroups(groups []Group) error {
	type key struct{ dialect, scope, name string }
	seen := map[key]bool{}
	for _, g := range groups {
		k := key{g.Dialect, g.Scope, g.Name}
		switch {
		case g.Dialect == "" || g.Name == "":
			return fmt.Errorf("a group needs a dialect and a name: %+v", g)
		case g.MaxSessions < 0:
			return fmt.Errorf("group %q: a limit cannot be negative", g.Name)
		case seen[k]:
			return fmt.Errorf("group %q is configured twice", g.Name)
		}
		seen[k] = true
	}
	return nil
}

// groupOf finds the group a new session names; a group of its own scope wins.
// The zero Group where none is named or none is configured. NotFound with
// ReasonNoGroup.
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

// checkRoom refuses a session for which its scope or its group has no room among
// those that live.
func (m *Manager) checkRoom(n NewSession, live []Session) error {
	group, err := groupOf(m.cfg.Groups, n)
	if err != nil {
		return err
	}
	inGroup := 0
	for _, s := range live {
		if s.Labels[LabelGroup] == n.Group {
			inGroup++
		}
	}
	switch {
	case len(live) >= m.cfg.MaxSessions:
		return errorf(Quota, "", "The limit of %d live sessions is reached. Stop a session first.", m.cfg.MaxSessions)
	case group.MaxSessions > 0 && inGroup >= group.MaxSessions:
		return errorf(Quota, ReasonGroup, "The limit of %d live sessions in %s is reached. Stop a session first.", group.MaxSessions, n.Group)
	}
	return nil
}
