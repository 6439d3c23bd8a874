package server

import (
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
)

// ownHost matches the host name of the Spark UI of one session: below localhost, which browsers
// resolve to this machine by themselves.
var ownHost = regexp.MustCompile(`^(s-[a-z2-7]{26})\.localhost$`)

// uiHost returns the host, with port, to which a browser that enters the UI of a session is sent,
// "" for one that is there already and for clients that may stay: programs, which may not know
// names below localhost, and whoever came by another name than one of this machine.
func uiHost(r *http.Request, id string) string {
	name, host := hostOf(r.Host), id+".localhost"
	ip, err := netip.ParseAddr(name)
	local := name == "localhost" || err == nil && ip.Unmap().IsLoopback()
	browser := r.Header.Get("Sec-Fetch-Dest") == "document"
	if !local || !browser || !ownHost.MatchString(host) {
		return ""
	}
	if _, port, err := net.SplitHostPort(r.Host); err == nil {
		host = net.JoinHostPort(host, port)
	}
	return host
}

// strays reports whether a request to the host name of a session's UI is for anything else: no page
// of the UI may reach an API as one of its own origin.
func strays(r *http.Request) bool {
	own := ownHost.FindStringSubmatch(hostOf(r.Host))
	return own != nil && !strings.HasPrefix(r.URL.Path, dashboardPath+own[1]+"/")
}
