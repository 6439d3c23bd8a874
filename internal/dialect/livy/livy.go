// Package livy is the dialect of Apache Livy's REST API: it turns Livy's sessions, statements and
// batches into calls of session.Manager, and what the domain answers into the bodies that Livy's
// clients know.
//
// It holds no rule about sessions and no state: a Livy session is a domain session with this
// dialect's record beside it. It sees neither stores nor drivers. Behaviour follows Livy 0.9.0 as
// it runs, not as it is documented, and what sparkmagic 0.23.0, pylivy 0.8.0, Zeppelin, Hue,
// sparklyr and dbt-spark-livy 1.3.1 rely on; docs/dialects/livy.md lists every route and every
// divergence. Jobs of Java and Scala are not here.
//
// What newcomers get wrong: Livy counts statements from 0 and pages by position, the domain counts
// from 1 and pages by number. And a body that Livy would parse is not always one that encoding/json
// would: see fields.
package livy

import (
	"net/http"

	"hearth/internal/dialect"
)

// Name is the dialect's name in the store, the log and session references.
const Name = "livy"

// scope is the one tenant of a Livy server. Livy knows none.
const scope = "default"

// api answers the routes.
type api struct {
	dialect.Given
	Settings
}

// New returns the handler of the Livy API: all paths below /sessions and /batches, and /version.
func New(g dialect.Given, s Settings) http.Handler {
	d := &api{g, s.withDefaults()}
	return d.handler()
}
