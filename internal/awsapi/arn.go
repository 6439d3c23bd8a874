package awsapi

import (
	"errors"
	"strings"
)

// ARN is the name of an AWS resource: arn:partition:service:region:account:resource.
type ARN struct{ Partition, Service, Region, Account, Resource string }

var errNotARN = errors.New("awsapi: not an ARN")

// ParseARN takes an ARN apart. Region and account may be empty, the resource may contain colons and
// slashes.
func ParseARN(s string) (ARN, error) {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[1] == "" || parts[2] == "" || parts[5] == "" {
		return ARN{}, errNotARN
	}
	return ARN{Partition: parts[1], Service: parts[2], Region: parts[3], Account: parts[4], Resource: parts[5]}, nil
}

func (a ARN) String() string {
	return strings.Join([]string{"arn", a.Partition, a.Service, a.Region, a.Account, a.Resource}, ":")
}
