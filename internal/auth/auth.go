// Package auth says who makes a request: the server puts a Caller into the request's context,
// dialects and the STS endpoint read it.
//
// It does not check credentials. Until it does, a server accepts every credential and therefore
// listens on loopback only (internal/server sees to that). It imports nothing of ours, so that the
// server and every dialect can share it.
package auth

import (
	"cmp"
	"context"
	"strings"
)

// Caller is who makes a request, and where the request says it belongs.
type Caller struct {
	// Account is the AWS account or the tenant: twelve digits for AWS.
	Account string
	// Region is the region of the signature's scope.
	Region string
	// AccessKey is who signed; "" for a request without a signature.
	AccessKey string
	// UserID is what the API calls the caller: STS UserId.
	UserID string
	// ARN is the caller's AWS name, "" for a request without a signature.
	ARN string
}

// Signed reports whether the request carried a signature.
func (c Caller) Signed() bool { return c.AccessKey != "" }

// Scope names the tenant of AWS resources, which are unique by account and region.
func (c Caller) Scope() string { return c.Account + "/" + c.Region }

// Partition is the AWS partition of the caller's region.
func (c Caller) Partition() string { return Partition(c.Region) }

// Partition is the AWS partition that a region belongs to.
func Partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// User is the caller behind a long-lived access key. Any key is a user: its name is the key itself.
func User(account, region, accessKey string) Caller {
	c := Caller{Account: account, Region: region, AccessKey: accessKey, UserID: cmp.Or(accessKey, "anonymous")}
	if accessKey != "" {
		c.ARN = "arn:" + c.Partition() + ":iam::" + account + ":user/" + accessKey
	}
	return c
}

type callerKey struct{}

// With returns a context that carries the caller.
func With(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// From returns the caller that the context carries, the zero Caller if none.
func From(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}
