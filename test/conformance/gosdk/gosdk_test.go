//go:build e2e

// Package gosdk_test drives the built binary with aws-sdk-go-v2, unmodified:
// typed inputs, typed outputs, typed errors. What Spark can do is boto3's part; here it is enough
// that the client is content.
package gosdk_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"hearth/test/harness"
)

func TestGoSDK_EveryOperation_IsUnderstood(t *testing.T) {
	s := harness.Start(t, harness.NewHome(t))
	c := s.Glue()

	in := harness.Request("go")
	in.Tags = map[string]string{"by": "go"}
	in.NumberOfWorkers, in.WorkerType = aws.Int32(3), types.WorkerTypeG1x
	in.IdleTimeout = aws.Int32(15)
	made, err := c.CreateSession(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if age := time.Since(aws.ToTime(made.Session.CreatedOn)); age < -time.Minute || age > time.Hour {
		t.Errorf("CreatedOn is %v", made.Session.CreatedOn)
	}
	ready := harness.WaitStatus(t, c, "go", types.SessionStatusReady)
	if aws.ToFloat64(ready.MaxCapacity) != 3 || aws.ToInt32(ready.IdleTimeout) != 15 || ready.WorkerType != types.WorkerTypeG1x {
		t.Errorf("the session is %+v", ready)
	}

	number := harness.Submit(t, c, "go", "print('hello'); 6 * 7")
	if got := harness.Shown(t, harness.Finish(t, c, "go", number)); got != "hello\n42" {
		t.Errorf("the statement says %q", got)
	}
	failed := harness.Finish(t, c, "go", harness.Submit(t, c, "go", "1/0"))
	if failed.Output.Status != "error" || len(failed.Output.Traceback) == 0 {
		t.Errorf("the failing statement says %+v", failed.Output)
	}
	endless := harness.Submit(t, c, "go", "while True: pass")
	if _, err := c.CancelStatement(t.Context(), &glue.CancelStatementInput{SessionId: aws.String("go"), Id: endless}); err != nil {
		t.Fatal(err)
	}
	if st := harness.Finish(t, c, "go", endless); st.State != types.StatementStateCancelled {
		t.Errorf("the cancelled statement is %s", st.State)
	}
	list, err := c.ListStatements(t.Context(), &glue.ListStatementsInput{SessionId: aws.String("go")})
	if err != nil || len(list.Statements) != 3 {
		t.Errorf("the list of statements is %v, %v", list, err)
	}

	checkTags(t, c)

	if _, err := c.StopSession(t.Context(), &glue.StopSessionInput{Id: aws.String("go")}); err != nil {
		t.Fatal(err)
	}
	harness.WaitStatus(t, c, "go", types.SessionStatusStopped)
	if _, err := c.DeleteSession(t.Context(), &glue.DeleteSessionInput{Id: aws.String("go")}); err != nil {
		t.Fatal(err)
	}
	s.Terminate(t)
}

func checkTags(t *testing.T, c *glue.Client) {
	t.Helper()
	arn := aws.String("arn:aws:glue:eu-central-1:000000000000:session/go")
	if _, err := c.TagResource(t.Context(), &glue.TagResourceInput{ResourceArn: arn, TagsToAdd: map[string]string{"more": "x"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.UntagResource(t.Context(), &glue.UntagResourceInput{ResourceArn: arn, TagsToRemove: []string{"by"}}); err != nil {
		t.Fatal(err)
	}
	tags, err := c.GetTags(t.Context(), &glue.GetTagsInput{ResourceArn: arn})
	if err != nil || len(tags.Tags) != 1 || tags.Tags["more"] != "x" {
		t.Errorf("the tags are %v, %v", tags, err)
	}
}

func TestGoSDK_Errors_HaveTheirTypes(t *testing.T) {
	s := harness.Start(t, harness.NewHome(t))
	c := s.Glue()

	_, err := c.GetSession(t.Context(), &glue.GetSessionInput{Id: aws.String("nobody")})
	if _, ok := errors.AsType[*types.EntityNotFoundException](err); !ok {
		t.Errorf("an unknown session is %v", err)
	}
	if _, err := c.CreateSession(t.Context(), harness.Request("twice")); err != nil {
		t.Fatal(err)
	}
	_, err = c.CreateSession(t.Context(), harness.Request("twice"))
	if _, ok := errors.AsType[*types.AlreadyExistsException](err); !ok {
		t.Errorf("a taken id is %v", err)
	}
	_, err = c.ListSessions(t.Context(), &glue.ListSessionsInput{NextToken: aws.String("nonsense")})
	if _, ok := errors.AsType[*types.InvalidInputException](err); !ok {
		t.Errorf("a page token of nobody is %v", err)
	}
	_, err = c.GetSessionEndpoint(t.Context(), &glue.GetSessionEndpointInput{SessionId: aws.String("twice")})
	if _, ok := errors.AsType[*types.OperationNotSupportedException](err); !ok {
		t.Errorf("the endpoint of a statement session is %v", err)
	}
	s.Terminate(t)
}

func TestGoSDK_Pages_AreFollowedToTheEnd(t *testing.T) {
	s := harness.Start(t, harness.NewHome(t))
	c := s.Glue()
	names := []string{"a", "b", "c"}
	for _, name := range names {
		if _, err := c.CreateSession(t.Context(), harness.Request(name)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.StopSession(t.Context(), &glue.StopSessionInput{Id: aws.String(name)}); err != nil {
			t.Fatal(err)
		}
	}
	var seen []string
	in := &glue.ListSessionsInput{MaxResults: aws.Int32(2)}
	for {
		page, err := c.ListSessions(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, page.Ids...)
		if page.NextToken == nil {
			break
		}
		in.NextToken = page.NextToken
	}
	slices.Reverse(seen)
	if !slices.Equal(seen, names) {
		t.Errorf("the pages hold %v", seen)
	}
	s.Terminate(t)
}

// One address for every service, as users configure it.
func TestGoSDK_OneEndpointForAllServices_AnswersWhoIAm(t *testing.T) {
	s := harness.Start(t, harness.NewHome(t))
	t.Setenv("AWS_ENDPOINT_URL", s.URL)
	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRegion("eu-central-1"),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("AKIDGO", "secret", "")))
	if err != nil {
		t.Fatal(err)
	}
	me, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil || aws.ToString(me.Account) != "000000000000" {
		t.Errorf("the caller is %v, %v", me, err)
	}
	if list, err := glue.NewFromConfig(cfg).ListSessions(t.Context(), &glue.ListSessionsInput{}); err != nil || len(list.Ids) != 0 {
		t.Errorf("the list is %v, %v", list, err)
	}
	s.Terminate(t)
}
