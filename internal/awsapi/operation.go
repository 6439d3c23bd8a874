package awsapi

import (
	"context"
	"reflect"
	"slices"
)

// Operation describes one operation of an API: its name on the wire, the errors its model declares,
// its types.
type Operation struct {
	Name   string
	Errors []ErrorType
	Input  reflect.Type
	Output reflect.Type
}

// Declares reports whether the model names the error code for this operation.
func (o Operation) Declares(code string) bool {
	return slices.ContainsFunc(o.Errors, func(e ErrorType) bool { return e.Code == code })
}

// Op is an Operation that remembers its types, so that Handle accepts only a function that fits.
type Op[In, Out any] struct{ Operation }

// NewOp describes an operation. Generated code calls it.
func NewOp[In, Out any](name string, errors ...ErrorType) Op[In, Out] {
	return Op[In, Out]{Operation{
		Name: name, Errors: errors, Input: reflect.TypeFor[In](), Output: reflect.TypeFor[Out](),
	}}
}

// Route is an operation together with what answers it.
type Route struct {
	Operation Operation
	invoke    func(ctx context.Context, body []byte) (any, error)
}

// Handle binds an operation to the function that does its work. The function gets a decoded and
// validated input, may answer nil for an empty output, and returns any error: a *Fault is sent as
// it is, the rest is for the function given in Config.
func Handle[In, Out any](op Op[In, Out], f func(context.Context, *In) (*Out, error)) Route {
	input := newPlan(reflect.TypeFor[In]())
	return Route{Operation: op.Operation, invoke: func(ctx context.Context, body []byte) (any, error) {
		in := new(In)
		if err := input.decode(body, reflect.ValueOf(in).Elem()); err != nil {
			return nil, err
		}
		if err := validate(in); err != nil {
			return nil, err
		}
		out, err := f(ctx, in)
		if err != nil {
			return nil, err
		}
		if out == nil {
			out = new(Out)
		}
		return out, nil
	}}
}

func validate(in any) error {
	v, ok := in.(interface{ Validate() Violations })
	if !ok {
		return nil
	}
	if found := v.Validate(); len(found) > 0 {
		return found
	}
	return nil
}
