package livy

import (
	"strings"

	"hearth/internal/session"
)

// collection is one of the two that Livy has: sessions and batches count and name their members
// apart, and otherwise answer the same questions the same way.
type collection struct {
	// name is the collection's name in the domain.
	name string
	path string
	// series is the name under which the domain counts ids.
	series string
	// app begins the name of the Spark application of a member that asks for none.
	app string
}

// Batches is the name of the collection of batches in the store and in session references; that of
// sessions is "".
const Batches = "batches"

func sessions() collection {
	return collection{path: "/sessions", series: "livy/sessions", app: "livy-session-"}
}

func batches() collection {
	return collection{name: Batches, path: "/batches", series: "livy/batches", app: "livy-batch-"}
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

// ref names the member with this id.
func (c collection) ref(id string) session.Ref {
	return session.Ref{Dialect: Name, Collection: c.name, Scope: scope, ExternalID: id}
}

func (c collection) filter() session.Filter {
	return session.Filter{Dialect: Name, Collections: []string{c.name}, Scope: scope}
}
