// Package sts answers AWS STS as far as the clients of the other dialects call it on the way to a
// session: GetCallerIdentity and AssumeRole.
//
// It issues no power: while every credential is accepted, the credentials of AssumeRole only carry
// the name of the role, in the session token (see auth.Role). It knows nothing of sessions.
package sts

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"time"

	"hearth/internal/auth"
	"hearth/internal/awsapi"
	"hearth/internal/dialect"
)

// Name is the dialect's name, and that of the service in signatures.
const Name = "sts"

// Settings returns the settings of the dialect, which has none.
func Settings() dialect.Settings {
	return dialect.Plain(func(g dialect.Given) (dialect.Mounted, error) {
		return dialect.Mounted{Services: []dialect.Service{{Name: Name, Handler: New(g.Log)}}}, nil
	})
}

const (
	version   = "2011-06-15"
	namespace = "https://sts.amazonaws.com/doc/2011-06-15/"
)

// New returns the handler of the STS API.
func New(log *slog.Logger) http.Handler {
	return awsapi.NewQueryService(awsapi.Config{Name: Name, Log: log}, version, namespace,
		awsapi.HandleQuery("GetCallerIdentity", callerIdentity),
		awsapi.HandleQuery("AssumeRole", assumeRole))
}

type identity struct {
	ARN     string `xml:"Arn"`
	UserID  string `xml:"UserId"`
	Account string `xml:"Account"`
}

// callerIdentity says what the request says of itself. aws-glue-sessions 1.0.9 makes UserId the tag
// "owner" of a session; dbt-glue 1.12.4 reads Account.
func callerIdentity(ctx context.Context, _ url.Values) (*identity, error) {
	caller := auth.From(ctx)
	if !caller.Signed() {
		return nil, missingToken()
	}
	return &identity{ARN: caller.ARN, UserID: caller.UserID, Account: caller.Account}, nil
}

type temporary struct {
	AccessKeyID     string `xml:"AccessKeyId"`
	SecretAccessKey string `xml:"SecretAccessKey"`
	SessionToken    string `xml:"SessionToken"`
	Expiration      string `xml:"Expiration"`
}

type assumedRole struct {
	Credentials     temporary `xml:"Credentials"`
	AssumedRoleUser struct {
		AssumedRoleID string `xml:"AssumedRoleId"`
		ARN           string `xml:"Arn"`
	} `xml:"AssumedRoleUser"`
}

var sessionName = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)

// Bounds of DurationSeconds in seconds, from the API reference of AssumeRole.
const minDuration, maxDuration, defaultDuration = 900, 43200, 3600

// assumeRole makes credentials that carry the role.
//
// Divergence: Every role can be assumed by whoever may call at all.
func assumeRole(ctx context.Context, form url.Values) (*assumedRole, error) {
	caller := auth.From(ctx)
	if !caller.Signed() {
		return nil, missingToken()
	}
	if !sessionName.MatchString(form.Get("RoleSessionName")) {
		return nil, invalid("RoleSessionName must be 2 to 64 letters, digits or characters of _+=,.@-")
	}
	role, err := auth.ParseRole(form.Get("RoleArn"), form.Get("RoleSessionName"))
	if err != nil || len(form.Get("RoleArn")) > 2048 {
		return nil, invalid("RoleArn must be the ARN of a role: arn:aws:iam::<12 digits>:role/<name>")
	}
	seconds, err := duration(form)
	if err != nil {
		return nil, err
	}
	made := role.Caller(caller.Region, "ASIA"+rand.Text()[:16])
	out := &assumedRole{Credentials: temporary{
		AccessKeyID: made.AccessKey, SecretAccessKey: rand.Text() + rand.Text()[:14], SessionToken: role.Token(),
		Expiration: time.Now().UTC().Add(time.Duration(seconds) * time.Second).Format(time.RFC3339),
	}}
	out.AssumedRoleUser.AssumedRoleID, out.AssumedRoleUser.ARN = made.UserID, made.ARN
	return out, nil
}

func duration(form url.Values) (int, error) {
	if !form.Has("DurationSeconds") {
		return defaultDuration, nil
	}
	seconds, err := strconv.Atoi(form.Get("DurationSeconds"))
	if err != nil || seconds < minDuration || seconds > maxDuration {
		return 0, invalid("DurationSeconds must be between " + strconv.Itoa(minDuration) + " and " + strconv.Itoa(maxDuration))
	}
	return seconds, nil
}

func invalid(msg string) error {
	return &awsapi.Fault{Code: "ValidationError", Status: http.StatusBadRequest, Message: msg}
}

func missingToken() error {
	return &awsapi.Fault{Code: "MissingAuthenticationToken", Status: http.StatusForbidden, Message: "Request is missing Authentication Token"}
}
