package dialect

import (
	"net/http"

	"hearth/internal/session"
)

// Mounted is what a dialect answers, and what it wants of the domain.
type Mounted struct {
	// Services are reached by the signature or target of AWS's protocols, Routes by host and path.
	Services []Service
	Routes   []Route
	// Groups are those that sessions of the dialect may name; see session.Group.
	Groups []session.Group
	// Files are directories whose files sessions of this dialect may use beside those that the
	// operator opened for all.
	Files []string
	// Guarded reports whether the dialect answers only to who proves who it is.
	Guarded bool
}

// Service is a handler that AWS clients reach by their signature or target.
type Service struct {
	// Name is the service in a signature's credential scope: "glue".
	Name string
	// Target is the prefix of X-Amz-Target, "" for protocols without it.
	Target  string
	Handler http.Handler
}

// Route is a handler that clients reach by host and path.
type Route struct {
	// Host is a name without port, or with a dot in front all names below it; "" is every host that
	// no other route names. The server then answers to it.
	Host string
	// Path is a path, and with a slash at its end all paths below it.
	Path    string
	Handler http.Handler
}
