package dli

import (
	"strings"

	"hearth/internal/session"
)

// collection is one of the two that DLI has: sessions and batches have states and lists of their
// own, and otherwise answer the same questions the same way.
type collection struct {
	// name is the collection's name in the domain.
	name string
	path string
	// one is what a member is called in texts and in the name of its application.
	one string
}

// Batches is the name of the collection of batches in the store and in session references; that of
// sessions is "".
const Batches = "batches"

func sessions() collection { return collection{path: "/sessions", one: "session"} }

func batches() collection {
	return collection{name: Batches, path: "/batches", one: "batch"}
}

// collectionAt is the collection to which a route belongs.
func collectionAt(path string) collection {
	if b := batches(); strings.HasPrefix(path, b.path) {
		return b
	}
	return sessions()
}

// collectionOf is the collection that holds s.
func collectionOf(s session.Session) collection {
	if s.Collection == batches().name {
		return batches()
	}
	return sessions()
}

// filter selects a project's members of the collection, of a queue unless that is "".
func (c collection) filter(project, queue string) session.Filter {
	f := session.Filter{Dialect: Name, Collections: []string{c.name}, Scope: project}
	if queue != "" {
		f.Labels = map[string]string{session.LabelGroup: queue}
	}
	return f
}
