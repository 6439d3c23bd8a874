// Package dli is the dialect of Huawei Cloud DLI's session API, withdrawn in December 2020, and of
// its batches, which outlived it: it turns the sessions, statements and batches below
// /v2.0/{project_id} into calls of session.Manager, and what the domain answers into the bodies
// that scripts written for DLI know.
//
// It holds no rule about sessions and no state: a DLI session or batch is one of the domain with
// this dialect's record beside it, its project is the scope, its queue the domain's group. It sees
// neither stores nor drivers. The source is the API reference, its recommended form of August 2020
// and the discarded form that is still on line; where both are silent the dialect does what Livy
// does, from which DLI's sessions were made. docs/dialects/dli.md says line by line what is
// documented and what inferred.
//
// What newcomers get wrong: heartbeatTimeoutInSecond is an idle timeout here, not Livy's heartbeat.
// Files are names of packages in a store, not addresses. DELETE removes a session, but cancels a
// batch, which stays. And a fault of ours is 400 with DLI.0999: DLI has no 500.
package dli

import (
	"net/http"

	"hearth/internal/dialect"
	"hearth/internal/sdkhmac"
)

// Name is the dialect's name in the store, the log and session references.
const Name = "dli"

// api answers the routes.
type api struct {
	dialect.Given
	Settings
	packages Packages
	verifier sdkhmac.Verifier
}

// New returns the handler of the API: all paths below /v2.0/.
func New(g dialect.Given, s Settings, p Packages) http.Handler {
	s = s.withDefaults()
	d := &api{Given: g, Settings: s, packages: p, verifier: sdkhmac.Verifier{Keys: s.Keys}}
	return d.handler()
}
