// Package iam answers the one operation of AWS IAM that a client of the other dialects calls:
// GetRole, with which aws-glue-sessions 1.0.9 finds the ARN of its role when none is configured.
//
// There are no roles to look up: every name is a role of the caller's account.
package iam

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"

	"hearth/internal/auth"
	"hearth/internal/awsapi"
	"hearth/internal/dialect"
)

// Name is the dialect's name, and that of the service in signatures.
const Name = "iam"

// Settings returns the settings of the dialect, which has none.
func Settings() dialect.Settings {
	return dialect.Plain(func(g dialect.Given) (dialect.Mounted, error) {
		return dialect.Mounted{Services: []dialect.Service{{Name: Name, Handler: New(g.Log)}}}, nil
	})
}

const (
	version   = "2010-05-08"
	namespace = "https://iam.amazonaws.com/doc/2010-05-08/"
)

// New returns the handler of the IAM API.
func New(log *slog.Logger) http.Handler {
	return awsapi.NewQueryService(awsapi.Config{Name: Name, Log: log}, version, namespace,
		awsapi.HandleQuery("GetRole", getRole))
}

type role struct {
	Path               string `xml:"Path"`
	RoleName           string `xml:"RoleName"`
	RoleID             string `xml:"RoleId"`
	ARN                string `xml:"Arn"`
	CreateDate         string `xml:"CreateDate"`
	TrustPolicy        string `xml:"AssumeRolePolicyDocument"`
	MaxSessionDuration int    `xml:"MaxSessionDuration"`
}

type roleResult struct {
	Role role `xml:"Role"`
}

var roleName = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)

// trustPolicy is URL-encoded JSON on the wire; botocore decodes it. It says what AWS's own Glue
// role says.
const trustPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"glue.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// getRole answers for every name.
//
// Divergence: Every name is a role of the caller's account.
func getRole(ctx context.Context, form url.Values) (*roleResult, error) {
	caller, name := auth.From(ctx), form.Get("RoleName")
	if !roleName.MatchString(name) {
		return nil, &awsapi.Fault{
			Code: "ValidationError", Status: http.StatusBadRequest,
			Message: "RoleName must be 1 to 64 letters, digits or characters of _+=,.@-",
		}
	}
	r := auth.Role{Account: caller.Account, Path: name}
	return &roleResult{Role: role{
		Path: "/", RoleName: name, RoleID: r.ID(), ARN: r.ARN(caller.Partition()),
		// IAM's dates are fixed here, because no role was ever created.
		CreateDate: "2020-01-01T00:00:00Z", TrustPolicy: url.PathEscape(trustPolicy), MaxSessionDuration: 3600,
	}}, nil
}
