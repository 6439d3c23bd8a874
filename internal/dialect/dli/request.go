package dli

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"

	"hearth/internal/livyapi"
)

// Limits of the API, in characters.
const (
	maxName  = 128
	maxQueue = 128 // ours: stores find sessions by it
	maxCode  = 1024
)

// asked is what a request to create something says.
type asked struct {
	name  string
	queue string // wins over cluster
	// cluster is the older name of queue.
	cluster string
	scType  string

	jars, pyFiles, files, modules []string
	resources                     []resource
	groups                        []resourceGroup
	conf                          map[string]string

	driverMemory, executorMemory             string
	driverCores, executorCores, numExecutors int

	// unknown are fields that the API does not have.
	unknown []string
	// notes are what else the log is to say of the request.
	notes []string
}

// resource is a package with its type: jar, pyFile or file.
type resource struct{ name, kind string }

// resourceGroup is a group of packages, or some of it.
type resourceGroup struct {
	name      string
	resources []resource
}

// fields are the fields of every request to create something.
func (a *asked) fields() livyapi.Fields {
	return livyapi.Fields{
		"name":           livyapi.Text(&a.name),
		"queue":          trimmed(&a.queue),
		"cluster_name":   trimmed(&a.cluster),
		"sc_type":        livyapi.Text(&a.scType),
		"jars":           livyapi.Strings(&a.jars),
		"pyFiles":        livyapi.Strings(&a.pyFiles),
		"files":          livyapi.Strings(&a.files),
		"modules":        livyapi.Strings(&a.modules),
		"resources":      resourcesField(&a.resources),
		"groups":         groupsField(&a.groups),
		"conf":           confField(&a.conf),
		"driverMemory":   livyapi.Text(&a.driverMemory),
		"driverCores":    livyapi.Whole(&a.driverCores),
		"executorMemory": livyapi.Text(&a.executorMemory),
		"executorCores":  livyapi.Whole(&a.executorCores),
		"numExecutors":   livyapi.Whole(&a.numExecutors),
	}
}

// check holds what is demanded of every request to create something.
//
// A field that the API does not have is left out and named in the log of what was created: the API
// reference does not say that DLI refuses it.
func (a *asked) check() error {
	if a.queue == "" {
		a.queue = a.cluster
	}
	switch {
	case a.queue == "":
		return invalid("The parameter queue (or cluster_name) is mandatory.")
	case utf8.RuneCountInString(a.queue) > maxQueue:
		return invalid("The parameter queue (or cluster_name) has at most %d characters.", maxQueue)
	case utf8.RuneCountInString(a.name) > maxName:
		return invalid("The parameter name has at most %d characters.", maxName)
	}
	return nil
}

// trimmed reads a string without the blanks around it: an example of the API reference sends "
// test" for the queue test.
func trimmed(into *string) func(json.RawMessage) error {
	return func(value json.RawMessage) error {
		text, err := livyapi.Scalar(value)
		*into = strings.TrimSpace(text)
		return err
	}
}

// each calls read with every item of a JSON list that is not null.
func each(value json.RawMessage, read func(json.RawMessage) error) error {
	var items []json.RawMessage
	if value[0] != '[' || json.Unmarshal(value, &items) != nil {
		return errors.New("a list is needed")
	}
	for _, item := range items {
		if string(item) == "null" {
			continue
		}
		if err := read(item); err != nil {
			return err
		}
	}
	return nil
}

// resourcesField reads packages with their type. The API reference calls them strings and shows
// objects; a string is the name alone.
func resourcesField(into *[]resource) func(json.RawMessage) error {
	return func(value json.RawMessage) error {
		*into = nil
		return each(value, func(item json.RawMessage) error {
			var r resource
			if item[0] == '"' {
				err := livyapi.Text(&r.name)(item)
				*into = append(*into, r)
				return err
			}
			_, err := livyapi.Fields{"name": livyapi.Text(&r.name), "type": livyapi.Text(&r.kind)}.DecodeKnown(item)
			*into = append(*into, r)
			return err
		})
	}
}

// groupsField reads groups with their packages; a string, or a group without resources, is all of
// the group.
func groupsField(into *[]resourceGroup) func(json.RawMessage) error {
	return func(value json.RawMessage) error {
		*into = nil
		return each(value, func(item json.RawMessage) error {
			var g resourceGroup
			if item[0] == '"' {
				err := livyapi.Text(&g.name)(item)
				*into = append(*into, g)
				return err
			}
			_, err := livyapi.Fields{"name": livyapi.Text(&g.name), "resources": resourcesField(&g.resources)}.DecodeKnown(item)
			*into = append(*into, g)
			return err
		})
	}
}
