package awsapi

import (
	"fmt"
	"reflect"
	"strings"
)

// plan says how a Go type is read from JSON. It is built once per route, so that requests do not
// look at tags.
type plan struct {
	read    func(*reader, *plan, any, reflect.Value) error // what follows the token already read
	members map[string]member                              // of a struct, by wire name
	elem    *plan                                          // of a list, map or pointer
}

type member struct {
	index int
	plan  *plan
}

// newPlan panics on a type that generated code never has: that is a mistake in the program, found
// at start.
func newPlan(t reflect.Type) *plan { return buildPlan(t, map[reflect.Type]*plan{}) }

func buildPlan(t reflect.Type, done map[reflect.Type]*plan) *plan {
	if p, ok := done[t]; ok {
		return p
	}
	p := new(plan)
	done[t] = p // before descending, because shapes may contain themselves
	switch {
	case t == reflect.TypeFor[Time]():
		p.read = readTime
	case t.Kind() == reflect.Pointer:
		p.read, p.elem = readPointer, buildPlan(t.Elem(), done)
	case t.Kind() == reflect.Struct:
		p.read, p.members = readStruct, buildMembers(t, done)
	case t.Kind() == reflect.Map && t.Key().Kind() == reflect.String:
		p.read, p.elem = readMap, buildPlan(t.Elem(), done)
	case t.Kind() == reflect.Slice:
		p.read, p.elem = readList, buildPlan(t.Elem(), done)
	default:
		p.read = scalarReader(t)
	}
	return p
}

func buildMembers(t reflect.Type, done map[reflect.Type]*plan) map[string]member {
	members := make(map[string]member, t.NumField())
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name == "" {
			panic(fmt.Sprintf("awsapi: %s.%s has no wire name", t, t.Field(i).Name))
		}
		members[name] = member{index: i, plan: buildPlan(t.Field(i).Type, done)}
	}
	return members
}

func scalarReader(t reflect.Type) func(*reader, *plan, any, reflect.Value) error {
	switch t.Kind() {
	case reflect.String:
		return readString
	case reflect.Bool:
		return readBool
	case reflect.Int32, reflect.Int64:
		return readInt
	case reflect.Float32, reflect.Float64:
		return readFloat
	default:
		panic(fmt.Sprintf("awsapi: no wire form for %s", t))
	}
}
