package livyapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Fields reads the fields of a JSON object by name. Reading is strict, as that of Livy's Jackson
// mapper is: a name that is not here is an error, and case counts. A field whose value is null is
// as if it were not there.
type Fields map[string]func(json.RawMessage) error

// Unreadable says why a body cannot be read.
type Unreadable struct {
	// Msg is for the client.
	Msg string
	// Err is the error of the field's own reader, if it is one.
	Err error
}

func (u *Unreadable) Error() string { return u.Msg }

// Unwrap is the error of the field's own reader.
func (u *Unreadable) Unwrap() error { return u.Err }

func unreadable(format string, args ...any) error {
	return &Unreadable{Msg: fmt.Sprintf(format, args...)}
}

// Decode reads an object key by key, because encoding/json matches names of any case. Of a repeated
// key the last one counts. Every error is Unreadable.
func (f Fields) Decode(text []byte) error {
	return f.decode(text, func(name string) error {
		return unreadable("Unrecognized field %q (known: %s)", name, strings.Join(slices.Sorted(maps.Keys(f)), ", "))
	})
}

// DecodeKnown is Decode for an API that leaves out what it does not know; it names what it left
// out, in the order of the body.
func (f Fields) DecodeKnown(text []byte) (unknown []string, err error) {
	err = f.decode(text, func(name string) error {
		unknown = append(unknown, name)
		return nil
	})
	return unknown, err
}

func (f Fields) decode(text []byte, unknown func(name string) error) error {
	if !json.Valid(text) {
		return malformed(text)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return unreadable("The body must be a JSON object.")
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return unreadable("%v", err)
		}
		name, _ := key.(string)
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return unreadable("%v", err)
		}
		set, known := f[name]
		if !known {
			if err := unknown(name); err != nil {
				return err
			}
			continue
		}
		if string(value) == "null" {
			continue
		}
		if err := set(value); err != nil {
			return &Unreadable{Msg: fmt.Sprintf("Cannot read field %q: %v", name, err), Err: err}
		}
	}
	return nil
}

// malformed says where the text stops being JSON.
func malformed(text []byte) error {
	if len(bytes.TrimSpace(text)) == 0 {
		return unreadable("The body is empty: a JSON object is needed.")
	}
	err := json.Unmarshal(text, new(json.RawMessage))
	if at, ok := errors.AsType[*json.SyntaxError](err); ok {
		return unreadable("The body is not JSON: %v (byte %d)", at, at.Offset)
	}
	return unreadable("The body is not JSON.")
}

// Text reads a string. Numbers and booleans become strings, as in Livy.
func Text(into *string) func(json.RawMessage) error {
	return func(value json.RawMessage) (err error) {
		*into, err = Scalar(value)
		return err
	}
}

// String reads a string and nothing else.
func String(into *string) func(json.RawMessage) error {
	return func(value json.RawMessage) error {
		if value[0] != '"' {
			return errors.New("a string is needed")
		}
		return json.Unmarshal(value, into)
	}
}

// Scalar is a string, or the text of a number or boolean.
func Scalar(value json.RawMessage) (string, error) {
	switch value[0] {
	case '{', '[':
		return "", errors.New("a single value is needed")
	case '"':
		var s string
		err := json.Unmarshal(value, &s)
		return s, err
	}
	return string(value), nil
}

// Word reads a string as Text does, for a command line, in which no word holds a NUL.
func Word(into *string) func(json.RawMessage) error {
	return func(value json.RawMessage) error {
		text, err := Scalar(value)
		if err == nil && strings.Contains(text, "\x00") {
			err = errors.New("a string holds a null character")
		}
		*into = text
		return err
	}
}

// Whole reads a whole number that is not negative, also out of a string; an empty string is as if
// the field were not there. Livy answers 500 with a ClassCastException to a number in a string, but
// Zeppelin sends all its properties that way, and Airflow lets its users do it.
func Whole(into *int) func(json.RawMessage) error {
	return func(value json.RawMessage) error {
		text, err := Scalar(value)
		if err != nil {
			return err
		}
		if text = strings.TrimSpace(text); text == "" {
			return nil
		}
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || n != math.Trunc(n) || n < 0 || n > math.MaxInt32 {
			return errors.New("a whole number from 0 to 2147483647 is needed, not " + strconv.Quote(text))
		}
		*into = int(n)
		return nil
	}
}

// Strings reads a list of words. One string is no list, as in Livy.
func Strings(into *[]string) func(json.RawMessage) error {
	return func(value json.RawMessage) error {
		var items []json.RawMessage
		if value[0] != '[' || json.Unmarshal(value, &items) != nil {
			return errors.New("a list of strings is needed")
		}
		*into = nil
		for _, item := range items {
			if string(item) == "null" {
				continue
			}
			var text string
			if err := Word(&text)(item); err != nil {
				return err
			}
			*into = append(*into, text)
		}
		return nil
	}
}

// Map reads a map of strings. Airflow sends numbers as values; Livy takes them.
func Map(into *map[string]string) func(json.RawMessage) error {
	return func(value json.RawMessage) error {
		var items map[string]json.RawMessage
		if value[0] != '{' || json.Unmarshal(value, &items) != nil {
			return errors.New("an object of strings is needed")
		}
		*into = make(map[string]string, len(items))
		for key, item := range items {
			if string(item) == "null" {
				continue
			}
			text, err := Scalar(item)
			if err != nil {
				return err
			}
			(*into)[key] = text
		}
		return nil
	}
}

// Ignored accepts a field without reading it.
func Ignored(json.RawMessage) error { return nil }
