package livy

import (
	"strings"

	"hearth/internal/dialect"
	"hearth/internal/session"
)

// infoLog is how many lines of its log a session's object carries.
const infoLog = 10

// sinceVersion says with which version of Livy a field of the session's object came; a field that
// is not here came with 0.7 or earlier.
func sinceVersion(field string) string {
	switch field {
	case "id", "name", "appId", "owner", "proxyUser", "state", "kind", "appInfo", "log":
		return "0.7"
	case "idleTimeout":
		return "0.9"
	}
	return "0.8"
}

// info is the object of a session: exactly Livy's keys in Livy's order. A null is written, never
// left out, and nothing is added: livy-client-http refuses objects with a key that it does not
// know.
func (d *api) info(r *request, s session.Session) (object, error) {
	own, err := dialect.RecordOf[record](s)
	if err != nil {
		return nil, err
	}
	log, err := d.lastLines(r.Context(), s, infoLog)
	if err != nil {
		return nil, err
	}
	if s.IsBatch() {
		return batchInfo(r, s, own, log), nil
	}
	return d.infoOf(r, s, own, log), nil
}

func (d *api) infoOf(r *request, s session.Session, own record, log []string) object {
	all := object{
		{"id", wireID(s)},
		{"name", nullable(own.Name)},
		{"appId", nullable(s.Info.ApplicationID)},
		{"owner", nullable(s.Owner.ID)},
		{"proxyUser", nullable(own.ProxyUser)},
		{"state", stateOf(s)},
		{"kind", own.Kind},
		{"appInfo", appInfo(r, s)},
		{"log", log},
		{"ttl", nullable(own.TTL)},
		{"idleTimeout", nullable(own.IdleTimeout)},
		{"driverMemory", nullable(own.DriverMemory)},
		{"driverCores", own.DriverCores},
		{"executorMemory", nullable(own.ExecutorMemory)},
		{"executorCores", own.ExecutorCores},
		{"conf", shownConf(own.Conf, r.user == s.Owner.ID)},
		{"archives", list(own.Archives)},
		{"files", list(own.Files)},
		{"heartbeatTimeoutInSecond", own.HeartbeatTimeout},
		{"jars", list(own.Jars)},
		{"numExecutors", own.NumExecutors},
		{"pyFiles", list(own.PyFiles)},
		{"queue", nullable(own.Queue)},
	}
	var shown object
	for _, m := range all {
		if sinceVersion(m.name) <= d.Fields {
			shown = append(shown, m)
		}
	}
	return shown
}

// list is items, or an empty list: never null.
func list(items []string) []string {
	if items == nil {
		return []string{}
	}
	return items
}

// appInfo has addresses that do not age: they lead to a fresh one at every use.
//
// Divergence: appId and appInfo are filled for local sessions too; in Livy they stay null without
// YARN or Kubernetes, and Zeppelin then asks Spark itself.
func appInfo(r *request, s session.Session) object {
	var log, ui any
	address := r.address(collectionOf(s).path + "/" + s.ExternalID)
	if s.State != session.StateStarting {
		log = address + "/driver-log"
	}
	if s.Info.UIAddress != "" && s.State.Live() {
		ui = address + "/spark-ui"
	}
	return object{{"driverLogUrl", log}, {"sparkUiUrl", ui}, {"executorLogUrls", nil}}
}

// address is a path as the client that asks can reach it.
func (r *request) address(path string) string {
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return scheme + strings.TrimSuffix(r.Host, "/") + r.base + path
}
