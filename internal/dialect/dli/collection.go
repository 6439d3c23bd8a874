package dli

import (
	"strings"

	"hearth/internal/session"
)

// collection is one of the two that DLI has: sessions and batches have states and
// lists of their own, and otherwise answer the same questions the same way.
type collection struct {
	// dialect is the collection's name in the domain.
	dialect string
	path    string
	// one is what a member is called in texts and in the name of its application.
	one string
}

// BatchesName is the dialect's name for batches in the store, the log and session
// references. A queue has a limit of its own for them.
const BatchesName = Name + "/batches"

func sessions() collection { return collection{dialect: Name, path: "/sessions", one: "session"} }

func batches() collection {
	return collection{dialect: BatchesName, path: "/batches", one: "batch"}
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
	if s.IsBatch() {
		return batches()
	}
	return sessions()
}

// filter selects a project's members of the collection, of a queue unless that is
// "".
func (c collection) filter(project, queue string) session.Filter {
	f := session.Filter{Dialect: c.dialect, Scope: project}
	if queue != "" {
		f.Labels = map[string]string{session.LabelGroup: queue}
	}
	return f
}
