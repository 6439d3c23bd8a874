package livy

import (
	"fmt"
	"net/http"
	"slices"
)

// effectiveUser is whom a session is for: doAs in the query beats proxyUser in the body. Where
// impersonation is off both are ignored without a word, as in Livy: Hue always sends them.
//
// Divergence: the effective user is recorded and shown; the local engine runs every session as the
// user of the server.
func (d *api) effectiveUser(r *request, proxyUser string) (string, error) {
	if !d.Impersonation {
		return "", nil
	}
	wanted := proxyUser
	if as := r.URL.Query().Get("doAs"); as != "" {
		wanted = as
	}
	switch {
	case wanted == "":
		return r.user, nil
	case !printable(wanted):
		return "", refused("the name of a user must be printable")
	case wanted == r.user || slices.Contains(d.Superusers, r.user):
		return wanted, nil
	}
	return "", &failure{status: http.StatusForbidden, body: message{
		fmt.Sprintf("User '%s' not allowed to impersonate 'Some(%s)'.", r.user, wanted),
	}}
}
