package awsapi

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
)

func TestParseARN(t *testing.T) {
	for text, want := range map[string]ARN{
		"arn:aws:glue:us-east-1:000000000000:session/a:b/c": {"aws", "glue", "us-east-1", "000000000000", "session/a:b/c"},
		"arn:aws-cn:s3:::bucket/key":                        {"aws-cn", "s3", "", "", "bucket/key"},
	} {
		got, err := ParseARN(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("%s: got %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "arn", "arn:aws:glue:r:a", "arn:aws:glue:r:a:", "arn::glue:r:a:x", "arn:aws::r:a:x", "urn:aws:glue:r:a:x"} {
		if got, err := ParseARN(text); err == nil {
			t.Errorf("%q is accepted: %+v", text, got)
		}
	}
}

func FuzzParseARN(f *testing.F) {
	f.Add("arn:aws:glue:us-east-1:000000000000:session/x")
	f.Add("arn:::::")
	f.Fuzz(func(t *testing.T, text string) {
		if arn, err := ParseARN(text); err == nil && arn.String() != text {
			t.Fatalf("%q became %q", text, arn)
		}
	})
}

type position struct {
	After string
	N     int64
}

func TestToken_ComesBackForTheSameListOnly(t *testing.T) {
	filters := map[string]string{"b": "2", "a": "1"}
	want := position{"session-9", 1 << 60}
	token, err := EncodeToken("ListSessions", filters, want)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := DecodeToken[position](token, "ListSessions", map[string]string{"a": "1", "b": "2"}); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	for name, decode := range map[string]func() (position, error){
		"another list":   func() (position, error) { return DecodeToken[position](token, "ListStatements", filters) },
		"another filter": func() (position, error) { return DecodeToken[position](token, "ListSessions", nil) },
		"cut":            func() (position, error) { return DecodeToken[position](token[:len(token)-3], "ListSessions", filters) },
		"empty":          func() (position, error) { return DecodeToken[position]("", "ListSessions", filters) },
		"not base64":     func() (position, error) { return DecodeToken[position]("!"+token, "ListSessions", filters) },
		"huge": func() (position, error) {
			return DecodeToken[position](strings.Repeat("A", 1<<20), "ListSessions", filters)
		},
	} {
		if got, err := decode(); !errors.Is(err, ErrToken) || got != (position{}) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func TestToken_OfAnotherVersion_IsRefused(t *testing.T) {
	token, err := EncodeToken("L", nil, position{})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	raw[0]++
	if _, err := DecodeToken[position](base64.RawURLEncoding.EncodeToString(raw), "L", nil); !errors.Is(err, ErrToken) {
		t.Error(err)
	}
}

// FuzzDecodeToken demands that what is accepted is a token that we could have made, and that all
// else is ErrToken.
func FuzzDecodeToken(f *testing.F) {
	good, err := EncodeToken("L", "filter", position{"a", 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add("")
	f.Add("AQ")
	f.Fuzz(func(t *testing.T, token string) {
		at, err := DecodeToken[position](token, "L", "filter")
		if err != nil {
			if !errors.Is(err, ErrToken) {
				t.Fatal(err)
			}
			return
		}
		again, err := EncodeToken("L", "filter", at)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := DecodeToken[position](again, "L", "filter"); err != nil || back != at {
			t.Fatalf("%+v became %+v, %v", at, back, err)
		}
	})
}
