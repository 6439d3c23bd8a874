package glue

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"
)

func (r *fixture) ids(change func(*glue.ListSessionsInput)) []string {
	r.T.Helper()
	var all []string
	ask := &glue.ListSessionsInput{}
	change(ask)
	for {
		page, err := r.ListSessions(r.T.Context(), ask)
		if err != nil {
			r.T.Fatal(err)
		}
		for i, s := range page.Sessions {
			if page.Ids[i] != *s.Id {
				r.T.Errorf("Ids and Sessions differ: %s, %s", page.Ids[i], *s.Id)
			}
		}
		all = append(all, page.Ids...)
		if ask.NextToken = page.NextToken; ask.NextToken == nil {
			return all
		}
	}
}

func TestListSessions_PageByPage_ShowsAllOnceNewestFirst(t *testing.T) {
	within(t, nil, func(t *testing.T, r *fixture) {
		for i := range 7 {
			r.create(fmt.Sprint(i), func(in *in) {
				in.Tags = map[string]string{"parity": fmt.Sprint(i % 2), "all": "yes"}
				if i == 3 {
					in.Command.Name = aws.String("gluestreaming")
				}
			})
		}
		want := []string{"6", "5", "4", "3", "2", "1", "0"}
		for _, size := range []int32{1, 3, 7, 8, 1000} {
			if got := r.ids(func(in *glue.ListSessionsInput) { in.MaxResults = aws.Int32(size) }); !slices.Equal(got, want) {
				t.Errorf("pages of %d: %v", size, got)
			}
		}
		odd := func(in *glue.ListSessionsInput) {
			in.MaxResults, in.Tags = aws.Int32(2), map[string]string{"parity": "1", "all": "yes"}
		}
		if got := r.ids(odd); !slices.Equal(got, []string{"5", "3", "1"}) {
			t.Errorf("by tags: %v", got)
		}
		if got := r.ids(func(in *glue.ListSessionsInput) { in.RequestOrigin = aws.String("anybody") }); len(got) != 7 {
			t.Errorf("RequestOrigin selects: %v", got)
		}
		_, body := r.raw("AWSGlue.ListSessions", `{"Command":"gluestreaming"}`)
		if !strings.Contains(body, `"Ids":["3"]`) {
			t.Errorf("by command: %s", body)
		}
	})
}

func TestListSessions_ByStatus_LooksAtCausesToo(t *testing.T) {
	within(t, nil, func(t *testing.T, r *fixture) {
		for _, id := range []string{"a", "b", "c", "d"} {
			r.ready(id, func(in *in) { in.IdleTimeout = aws.Int32(1) })
		}
		for _, id := range []string{"a", "c"} {
			if _, err := r.StopSession(t.Context(), &glue.StopSessionInput{Id: aws.String(id)}); err != nil {
				t.Fatal(err)
			}
			r.until(id, types.SessionStatusStopped)
		}
		r.submit("d", "hang")
		time.Sleep(time.Minute)
		r.until("b", types.SessionStatusTimeout)
		for status, want := range map[string]string{"STOPPED": `["c","a"]`, "TIMEOUT": `["b"]`, "READY": `["d"]`, "FAILED": `[]`} {
			if _, body := r.raw("AWSGlue.ListSessions", `{"Status":"`+status+`","MaxResults":2}`); !strings.Contains(body, `"Ids":`+want) {
				t.Errorf("%s: %s", status, body)
			}
		}
		if code, body := r.raw("AWSGlue.ListSessions", `{"Status":"LATE"}`); code != 400 || !strings.Contains(body, "InvalidInputException") {
			t.Errorf("%d: %s", code, body)
		}
	})
}

func TestNextToken_OfAnotherList_IsRefused(t *testing.T) {
	within(t, nil, func(t *testing.T, r *fixture) {
		for _, id := range []string{"a", "b", "c"} {
			r.ready(id)
		}
		page, err := r.ListSessions(t.Context(), &glue.ListSessionsInput{MaxResults: aws.Int32(1)})
		if err != nil {
			t.Fatal(err)
		}
		other := &glue.ListSessionsInput{NextToken: page.NextToken, Tags: map[string]string{"a": "b"}}
		_, err = r.ListSessions(t.Context(), other)
		if code, _ := wantRefusal(t, err); code != "InvalidInputException" {
			t.Errorf("other filter: %s", code)
		}
		_, err = r.ListStatements(t.Context(), &glue.ListStatementsInput{SessionId: aws.String("a"), NextToken: page.NextToken})
		if code, _ := wantRefusal(t, err); code != "InvalidInputException" {
			t.Errorf("other operation: %s", code)
		}
		_, err = r.client("us-east-1").ListSessions(t.Context(), &glue.ListSessionsInput{NextToken: page.NextToken})
		if code, _ := wantRefusal(t, err); code != "InvalidInputException" {
			t.Errorf("other region: %s", code)
		}
	})
}

func FuzzPosition(f *testing.F) {
	good, err := token(7, "ListSessions", listing{Scope: "a/b"})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{*good, "", "0", "AAAA", "'; drop table", strings.Repeat("A", 5000)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if after, err := position(&text, "ListSessions", listing{Scope: "a/b"}); err == nil && text != "" && after <= 0 {
			t.Errorf("%q is position %d", text, after)
		}
	})
}

func TestListStatements_PageByPage_ShowsAllInOrder(t *testing.T) {
	within(t, nil, func(t *testing.T, r *fixture) {
		r.ready("s")
		for i := range 5 {
			r.run("s", fmt.Sprintf("value %d", i))
		}
		var got []string
		token := ""
		for range 5 {
			code, body := r.raw("AWSGlue.ListStatements", `{"SessionId":"s","MaxResults":2,"NextToken":"`+token+`"}`)
			if code != 200 {
				t.Fatal(body)
			}
			for _, part := range strings.Split(body, `"TextPlain":"`)[1:] {
				got = append(got, part[:1])
			}
			_, rest, more := strings.Cut(body, `"NextToken":"`)
			if token, _, _ = strings.Cut(rest, `"`); !more {
				break
			}
		}
		if !slices.Equal(got, []string{"0", "1", "2", "3", "4"}) {
			t.Errorf("statements: %v", got)
		}
	})
}

func arn(id string) *string {
	return aws.String("arn:aws:glue:" + region + ":" + account + ":session/" + id)
}

func TestTags_OfASession_CanBeChangedWithinTheirRules(t *testing.T) {
	within(t, nil, func(t *testing.T, r *fixture) {
		const id = "a/b:c"
		r.create(id, func(in *in) { in.Tags = map[string]string{"owner": "me"} })
		add := func(tags map[string]string) error {
			_, err := r.TagResource(t.Context(), &glue.TagResourceInput{ResourceArn: arn(id), TagsToAdd: tags})
			return err
		}
		if err := add(map[string]string{"owner": "you", "x": ""}); err != nil {
			t.Fatal(err)
		}
		if _, err := r.UntagResource(t.Context(), &glue.UntagResourceInput{ResourceArn: arn(id), TagsToRemove: []string{"x", "absent"}}); err != nil {
			t.Fatal(err)
		}
		got, err := r.GetTags(t.Context(), &glue.GetTagsInput{ResourceArn: arn(id)})
		if err != nil || len(got.Tags) != 1 || got.Tags["owner"] != "you" {
			t.Errorf("tags = %v, %v", got, err)
		}
		if err := add(numbered("k", 49)); err != nil {
			t.Errorf("50 in all: %v", err)
		}
		for name, tags := range map[string]map[string]string{"one more": {"more": ""}, "reserved": {"aws:x": ""}} {
			if code, _ := wantRefusal(t, add(tags)); code != "InvalidInputException" {
				t.Errorf("%s: %s", name, code)
			}
		}
	})
}

func TestTags_OfWhatIsNotHere_AreRefused(t *testing.T) {
	within(t, nil, func(t *testing.T, r *fixture) {
		r.create("x")
		for text, want := range map[string]string{
			*arn("nobody"): "EntityNotFoundException",
			"arn:aws:glue:us-east-1:000000000000:session/x": "EntityNotFoundException",
			"arn:aws:glue:eu-west-1:111111111111:session/x": "EntityNotFoundException",
			"arn:aws:glue:eu-west-1:000000000000:job/x":     "EntityNotFoundException",
			"arn:aws:glue:eu-west-1:000000000000:session/":  "InvalidInputException",
			"arn:aws:glue:eu-west-1":                        "InvalidInputException",
			"arn:aws:s3:::bucket":                           "ValidationException",
		} {
			_, err := r.GetTags(t.Context(), &glue.GetTagsInput{ResourceArn: aws.String(text)})
			if code, _ := wantRefusal(t, err); code != want {
				t.Errorf("%s: %s, want %s", text, code, want)
			}
		}
	})
}
