package awsapi

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"reflect"
	"strconv"
	"time"
	"unicode/utf8"
)

// maxDepth bounds the nesting of a request. No model comes near it; a hostile body would otherwise
// decide.
const maxDepth = 64

// Decode reads a JSON request body into a generated struct, the way AWS does: names match exactly,
// unknown members are ignored, null means absent, of a repeated name the last counts, an empty body
// is an empty object, and a value of another JSON type is a SerializationException. Every error is
// a *Fault.
func Decode(body []byte, into any) error {
	v := reflect.ValueOf(into).Elem()
	return newPlan(v.Type()).decode(body, v)
}

func (p *plan) decode(body []byte, into reflect.Value) error {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return nil
	}
	if !utf8.Valid(body) {
		return serialization.New("The request body is not valid UTF-8")
	}
	r := &reader{json: json.NewDecoder(bytes.NewReader(body))}
	r.json.UseNumber()
	token, err := r.next()
	if err != nil {
		return err
	}
	if err := p.read(r, p, token, into); err != nil {
		return err
	}
	if _, err := r.json.Token(); err != io.EOF {
		return serialization.New("Unexpected data after the end of the request body")
	}
	return nil
}

// reader is the stream of tokens of one body and how deep it is nested.
type reader struct {
	json  *json.Decoder
	depth int
}

func (r *reader) next() (json.Token, error) {
	token, err := r.json.Token()
	if err != nil {
		return nil, serialization.Wrap(err, "The request body is not valid JSON")
	}
	switch token {
	case json.Delim('{'), json.Delim('['):
		if r.depth++; r.depth > maxDepth {
			return nil, serialization.New("The request body is nested too deeply")
		}
	case json.Delim('}'), json.Delim(']'):
		r.depth--
	}
	return token, nil
}

// skip passes over the rest of a value whose first token has been read.
func (r *reader) skip(token json.Token) error {
	if token != json.Delim('{') && token != json.Delim('[') {
		return nil
	}
	for outer := r.depth - 1; r.depth > outer; {
		if _, err := r.next(); err != nil {
			return err
		}
	}
	return nil
}

func readPointer(r *reader, p *plan, token any, v reflect.Value) error {
	target := reflect.New(v.Type().Elem())
	if err := p.elem.read(r, p.elem, token, target.Elem()); err != nil {
		return err
	}
	v.Set(target)
	return nil
}

func readStruct(r *reader, p *plan, token any, v reflect.Value) error {
	if token != json.Delim('{') {
		return mismatch(token, "Structure")
	}
	for {
		name, err := r.next()
		if err != nil || name == json.Delim('}') {
			return err
		}
		if err := readMember(r, p, name.(string), v); err != nil {
			return err
		}
	}
}

func readMember(r *reader, p *plan, name string, v reflect.Value) error {
	token, err := r.next()
	if err != nil {
		return err
	}
	m, known := p.members[name]
	if !known {
		return r.skip(token)
	}
	field := v.Field(m.index)
	field.SetZero() // a repeated name replaces, it does not merge
	if token == nil {
		return nil
	}
	return m.plan.read(r, m.plan, token, field)
}

func readMap(r *reader, p *plan, token any, v reflect.Value) error {
	if token != json.Delim('{') {
		return mismatch(token, "Map")
	}
	v.Set(reflect.MakeMap(v.Type()))
	for {
		key, err := r.next()
		if err != nil || key == json.Delim('}') {
			return err
		}
		elem := reflect.New(v.Type().Elem()).Elem()
		if err := readElement(r, p, elem); err != nil {
			return err
		}
		v.SetMapIndex(reflect.ValueOf(key).Convert(v.Type().Key()), elem)
	}
}

func readElement(r *reader, p *plan, elem reflect.Value) error {
	token, err := r.next()
	if err != nil {
		return err
	}
	return p.elem.read(r, p.elem, token, elem)
}

func readList(r *reader, p *plan, token any, v reflect.Value) error {
	if token != json.Delim('[') {
		return mismatch(token, "List")
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	for {
		token, err := r.next()
		if err != nil || token == json.Delim(']') {
			return err
		}
		elem := reflect.New(v.Type().Elem()).Elem()
		if err := p.elem.read(r, p.elem, token, elem); err != nil {
			return err
		}
		v.Set(reflect.Append(v, elem))
	}
}

func readString(_ *reader, _ *plan, token any, v reflect.Value) error {
	s, ok := token.(string)
	if !ok {
		return mismatch(token, "String")
	}
	v.SetString(s)
	return nil
}

func readBool(_ *reader, _ *plan, token any, v reflect.Value) error {
	b, ok := token.(bool)
	if !ok {
		return mismatch(token, "Boolean")
	}
	v.SetBool(b)
	return nil
}

func readInt(_ *reader, _ *plan, token any, v reflect.Value) error {
	kind := "Integer"
	if v.Type().Bits() == 64 {
		kind = "Long"
	}
	n, ok := token.(json.Number)
	if !ok {
		return mismatch(token, kind)
	}
	i, err := strconv.ParseInt(n.String(), 10, v.Type().Bits())
	if err != nil {
		return mismatch(token, kind)
	}
	v.SetInt(i)
	return nil
}

func readFloat(_ *reader, _ *plan, token any, v reflect.Value) error {
	n, ok := token.(json.Number)
	if !ok {
		return mismatch(token, "Double")
	}
	f, err := strconv.ParseFloat(n.String(), v.Type().Bits())
	if err != nil {
		return mismatch(token, "Double")
	}
	v.SetFloat(f)
	return nil
}

// Beyond these seconds a year has more or less than four digits and time.Time loses its guarantees.
const minEpoch, maxEpoch = -62135596800, 253402300799

func readTime(_ *reader, _ *plan, token any, v reflect.Value) error {
	n, ok := token.(json.Number)
	if !ok {
		return mismatch(token, "Timestamp")
	}
	f, err := strconv.ParseFloat(n.String(), 64)
	if err != nil || f < minEpoch || f > maxEpoch {
		return mismatch(token, "Timestamp")
	}
	v.Set(reflect.ValueOf(Time{time.UnixMilli(int64(math.Round(f * 1000))).UTC()}))
	return nil
}

func mismatch(token json.Token, want string) error {
	return serialization.Newf("%s can not be converted to %s", kindOf(token), want)
}

func kindOf(token json.Token) string {
	switch token {
	case nil:
		return "NULL_VALUE"
	case true:
		return "TRUE_VALUE"
	case false:
		return "FALSE_VALUE"
	case json.Delim('{'):
		return "START_OBJECT"
	case json.Delim('['):
		return "START_ARRAY"
	}
	if _, ok := token.(string); ok {
		return "STRING_VALUE"
	}
	return "NUMBER_VALUE"
}
