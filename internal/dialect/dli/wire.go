package dli

import (
	"strings"
	"time"

	"hearth/internal/dialect"
	"hearth/internal/livyapi"
	"hearth/internal/session"
)

// infoLog is how many lines of its log a session's object carries.
const infoLog = 10

// info is the object of a session: the members of the recommended form of the API, of which the
// discarded form has all but appInfo and queue. A value that is not known is null, as in most
// examples; one of them has "" instead.
type info struct {
	ID         string   `json:"id"`
	AppID      *string  `json:"appId"`
	Name       *string  `json:"name"`
	Owner      *string  `json:"owner"`
	ProxyUser  *string  `json:"proxyUser"`
	State      string   `json:"state"`
	Kind       string   `json:"kind"`
	AppInfo    appInfo  `json:"appInfo"`
	Log        []string `json:"log"`
	ScType     string   `json:"sc_type"`
	Cluster    string   `json:"cluster_name"`
	Queue      string   `json:"queue"`
	CreateTime int64    `json:"create_time"`
	UpdateTime int64    `json:"update_time"`
}

type appInfo struct {
	DriverLogURL *string `json:"driverLogUrl"`
	SparkUIURL   *string `json:"sparkUiUrl"`
}

func infoOf(r *request, s session.Session, log livyapi.Log) (info, error) {
	own, err := dialect.RecordOf[record](s)
	if err != nil {
		return info{}, err
	}
	last, err := log.Tail(infoLog)
	if err != nil {
		return info{}, err
	}
	return info{
		ID: s.ExternalID, AppID: nullable(s.Info.ApplicationID), Name: nullable(own.Name), Owner: nullable(s.Owner.ID),
		State: stateOf(s), Kind: own.Kind, AppInfo: appInfoOf(r, s), Log: list(last),
		ScType: own.ScType, Cluster: own.Queue, Queue: own.Queue,
		CreateTime: millis(s.CreatedAt), UpdateTime: millis(updated(s)),
	}, nil
}

// updated is when something last happened to a session; zero if nothing has since it was created.
func updated(s session.Session) time.Time {
	last := s.CreatedAt
	for _, t := range []time.Time{s.ReadyAt, s.ActiveAt, s.EndedAt} {
		if t.After(last) {
			last = t
		}
	}
	if last.Equal(s.CreatedAt) {
		return time.Time{}
	}
	return last
}

// millis is the API's unit of time; 0 is never.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// appInfoOf has addresses that do not age: they lead to a fresh one at every use.
func appInfoOf(r *request, s session.Session) appInfo {
	var shown appInfo
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	address := scheme + strings.TrimSuffix(r.Host, "/") + "/v2.0/" + r.project + "/sessions/" + s.ExternalID
	if !s.ReadyAt.IsZero() {
		shown.DriverLogURL = nullable(address + "/driver-log")
	}
	if s.Info.UIAddress != "" && s.State.Live() {
		shown.SparkUIURL = nullable(address + "/spark-ui")
	}
	return shown
}
