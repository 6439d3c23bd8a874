package auth

import (
	"strings"
	"testing"
)

func TestRoleOf_ItsOwnToken_IsTheRole(t *testing.T) {
	want := Role{Account: "123456789012", Path: "team/etl", Session: "me"}
	got, ok := RoleOf(want.Token())
	if !ok || got != want {
		t.Errorf("got %+v, %v", got, ok)
	}
	if arn := want.Caller("us-gov-west-1", "ASIA").ARN; arn != "arn:aws-us-gov:sts::123456789012:assumed-role/etl/me" {
		t.Errorf("arn = %s", arn)
	}
}

func TestParseRole_OnlyRoles_AreRead(t *testing.T) {
	for arn, path := range map[string]string{
		"arn:aws:iam::123456789012:role/x":          "x",
		"arn:aws-cn:iam::123456789012:role/a/b":     "a/b",
		"arn:aws:iam::123456789012:user/x":          "",
		"arn:aws:iam::12345:role/x":                 "",
		"arn:aws:iam:us-east-1:123456789012:role/x": "",
		"arn:aws:iam::123456789012:role/":           "",
		"arn:aws:iam::123456789012:role/x/":         "",
		"role/x":                                    "",
	} {
		r, err := ParseRole(arn, "s")
		if r.Path != path || (err == nil) != (path != "") {
			t.Errorf("%s: %+v, %v", arn, r, err)
		}
	}
}

func FuzzRoleOf(f *testing.F) {
	f.Add(Role{Account: "123456789012", Path: "x", Session: "s"}.Token())
	f.Add("FwoGZXIvYXdzE")
	f.Add(tokenPrefix + "e30")
	f.Fuzz(func(t *testing.T, token string) {
		if r, ok := RoleOf(token); ok && (len(r.Account) != 12 || r.Path == "" || r.Session == "" || !strings.HasPrefix(token, tokenPrefix)) {
			t.Errorf("%q is %+v", token, r)
		}
	})
}
