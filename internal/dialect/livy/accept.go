package livy

import (
	"net/http"
	"regexp"
)

var vendorType = regexp.MustCompile(`application/vnd\.livy\.v([0-9.]+)\+json`)

// checkAccept refuses versions of the API that do not exist. There is one, 0.1; all other values of
// Accept mean that one too.
func checkAccept(accept string) error {
	m := vendorType.FindStringSubmatch(accept)
	if m == nil || m[1] == "0.1" {
		return nil
	}
	return &failure{status: http.StatusNotAcceptable, body: message{"No value found for '" + m[1] + "'"}}
}
