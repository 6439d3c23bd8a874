package sts

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"hearth/internal/auth"
	"hearth/internal/awsapi"
)

const roleARN = "arn:aws:iam::123456789012:role/team/etl"

// serve answers like a server that says who calls.
func serve(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scope, err := awsapi.ParseCredential(r)
		if err != nil {
			t.Error(err)
		}
		caller := auth.User("000000000000", scope.Region, scope.AccessKey)
		if role, ok := auth.RoleOf(r.Header.Get("X-Amz-Security-Token")); ok {
			caller = role.Caller(scope.Region, scope.AccessKey)
		}
		New(nil).ServeHTTP(w, r.WithContext(auth.With(r.Context(), caller)))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func client(url string, creds aws.CredentialsProvider) *sts.Client {
	return sts.New(sts.Options{Region: "eu-west-1", BaseEndpoint: &url, Credentials: creds, RetryMaxAttempts: 1})
}

func TestGetCallerIdentity_OfAUser_NamesTheAccessKey(t *testing.T) {
	got, err := client(serve(t), credentials.NewStaticCredentialsProvider("AKIDX", "s", "")).
		GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	if *got.Account != "000000000000" || *got.UserId != "AKIDX" || *got.Arn != "arn:aws:iam::000000000000:user/AKIDX" {
		t.Errorf("%s %s %s", *got.Account, *got.UserId, *got.Arn)
	}
}

func TestAssumeRole_ItsCredentials_MakeTheCallerTheRole(t *testing.T) {
	url := serve(t)
	user := client(url, credentials.NewStaticCredentialsProvider("AKIDX", "s", ""))
	made, err := user.AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: aws.String(roleARN), RoleSessionName: aws.String("me"), DurationSeconds: aws.Int32(900),
	})
	if err != nil {
		t.Fatal(err)
	}
	c := made.Credentials
	if left := time.Until(*c.Expiration); left < 14*time.Minute || left > 15*time.Minute {
		t.Errorf("expires in %v", left)
	}
	if *made.AssumedRoleUser.Arn != "arn:aws:sts::123456789012:assumed-role/etl/me" || len(*c.AccessKeyId) != 20 {
		t.Errorf("%s, key %s", *made.AssumedRoleUser.Arn, *c.AccessKeyId)
	}
	assumed := client(url, credentials.NewStaticCredentialsProvider(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken))
	got, err := assumed.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	if *got.Account != "123456789012" || *got.Arn != *made.AssumedRoleUser.Arn || *got.UserId != *made.AssumedRoleUser.AssumedRoleId {
		t.Errorf("%s %s %s", *got.Account, *got.UserId, *got.Arn)
	}
}

func TestAssumeRole_BadParameters_AreRefused(t *testing.T) {
	user := client(serve(t), credentials.NewStaticCredentialsProvider("AKIDX", "s", ""))
	for name, in := range map[string]sts.AssumeRoleInput{
		"a user":          {RoleArn: aws.String("arn:aws:iam::123456789012:user/x"), RoleSessionName: aws.String("me")},
		"no account":      {RoleArn: aws.String("arn:aws:iam:::role/x"), RoleSessionName: aws.String("me")},
		"a long role":     {RoleArn: aws.String(roleARN + strings.Repeat("x", 2048)), RoleSessionName: aws.String("me")},
		"a short name":    {RoleArn: aws.String(roleARN), RoleSessionName: aws.String("m")},
		"a wild name":     {RoleArn: aws.String(roleARN), RoleSessionName: aws.String("a/b")},
		"too short":       {RoleArn: aws.String(roleARN), RoleSessionName: aws.String("me"), DurationSeconds: aws.Int32(899)},
		"too long a time": {RoleArn: aws.String(roleARN), RoleSessionName: aws.String("me"), DurationSeconds: aws.Int32(43201)},
	} {
		_, err := user.AssumeRole(t.Context(), &in)
		if api, ok := errors.AsType[smithy.APIError](err); !ok || api.ErrorCode() != "ValidationError" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUnsignedRequests_Always_MissTheirToken(t *testing.T) {
	for _, action := range []string{"GetCallerIdentity", "AssumeRole"} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("Version=2011-06-15&Action="+action))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		New(nil).ServeHTTP(w, r.WithContext(auth.With(context.Background(), auth.User("000000000000", "us-east-1", ""))))
		if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "<Code>MissingAuthenticationToken</Code>") {
			t.Errorf("%s: %d %s", action, w.Code, w.Body)
		}
	}
}
