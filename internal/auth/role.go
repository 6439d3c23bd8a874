package auth

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
)

// Role is a role that somebody assumed for a while, under a session name.
type Role struct {
	Account string `json:"account"`
	Path    string `json:"path"` // with the name: "team/etl"
	Session string `json:"session"`
}

// errRole says that a string is not the ARN of a role.
var errRole = errors.New("auth: not the ARN of a role")

// ParseRole reads arn:<partition>:iam::<account>:role/<path and name>.
func ParseRole(arn, session string) (Role, error) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "iam" || parts[3] != "" || !digits(parts[4]) {
		return Role{}, errRole
	}
	path, ok := strings.CutPrefix(parts[5], "role/")
	if !ok || path == "" || strings.HasSuffix(path, "/") {
		return Role{}, errRole
	}
	return Role{Account: parts[4], Path: path, Session: session}, nil
}

func digits(s string) bool { return len(s) == 12 && strings.Trim(s, "0123456789") == "" }

// Name is the role's name without its path.
func (r Role) Name() string { return r.Path[strings.LastIndexByte(r.Path, '/')+1:] }

// ID is the role's unique id, in the form of IAM's, made from its name so that it is the same on
// every server and after every start.
func (r Role) ID() string {
	sum := sha256.Sum256([]byte(r.Account + ":" + r.Path))
	return "AROA" + base32.StdEncoding.EncodeToString(sum[:])[:17]
}

// Caller is the caller who acts in the role.
func (r Role) Caller(region, accessKey string) Caller {
	return Caller{
		Account: r.Account, Region: region, AccessKey: accessKey,
		UserID: r.ID() + ":" + r.Session,
		ARN:    "arn:" + Partition(region) + ":sts::" + r.Account + ":assumed-role/" + r.Name() + "/" + r.Session,
	}
}

// tokenPrefix marks the session tokens that Token makes.
const tokenPrefix = "hearth."

// Token writes the role as a session token. It is not signed: it says who the caller claims to be,
// which is all that an access key says as well while every credential is accepted.
func (r Role) Token() string {
	text, err := json.Marshal(r)
	if err != nil {
		panic(err) // three strings always encode
	}
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(text)
}

// RoleOf reads a session token. False for tokens of others, which real AWS credentials in a user's
// environment bring along.
func RoleOf(token string) (Role, bool) {
	coded, ok := strings.CutPrefix(token, tokenPrefix)
	if !ok {
		return Role{}, false
	}
	text, err := base64.RawURLEncoding.DecodeString(coded)
	if err != nil {
		return Role{}, false
	}
	var r Role
	if json.Unmarshal(text, &r) != nil || !digits(r.Account) || r.Path == "" || r.Session == "" {
		return Role{}, false
	}
	return r, true
}

// ARN is the role's own name in a partition.
func (r Role) ARN(partition string) string {
	return "arn:" + partition + ":iam::" + r.Account + ":role/" + r.Path
}
