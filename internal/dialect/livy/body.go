package livy

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// maxBody is the largest JSON body in bytes; statements of dbt and sparklyr are
// long, but a kernel takes no more than 16 MiB of code.
const maxBody = 32 << 20

// fields reads the fields of a request by name. Reading is strict, as Livy's
// Jackson mapper is: a name that is not here is an error, and case counts.
type fields map[string]func(json.RawMessage) error

// read takes a request's body apart. Its content type does not matter: Livy
// parses whatever comes as JSON, and its own tests send text/plain.
func (f fields) read(r *request) error {
	text, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	switch {
	case err != nil:
		return bare(http.StatusBadRequest, "The body could not be read.")
	case len(text) > maxBody:
		return &failure{status: http.StatusRequestEntityTooLarge, body: message{"The body is larger than " + strconv.Itoa(maxBody) + " bytes."}}
	}
	return f.decode(text)
}

// decode reads an object key by key, because encoding/json matches names of any
// case. Of a repeated key the last one counts.
func (f fields) decode(text []byte) error {
	if !json.Valid(text) {
		return bare(http.StatusBadRequest, "%s", malformed(text))
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return bare(http.StatusBadRequest, "The body must be a JSON object.")
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return bare(http.StatusBadRequest, "%v", err)
		}
		name, _ := key.(string)
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return bare(http.StatusBadRequest, "%v", err)
		}
		set, known := f[name]
		if !known {
			return bare(http.StatusBadRequest, "Unrecognized field %q (known: %s)", name, strings.Join(slices.Sorted(maps.Keys(f)), ", "))
		}
		if string(value) == "null" {
			continue // as if it were not there
		}
		if err := set(value); err != nil {
			if _, placed := errors.AsType[*failure](err); placed {
				return err
			}
			return bare(http.StatusBadRequest, "Cannot read field %q: %v", name, err)
		}
	}
	return nil
}

// malformed says where the text stops being JSON.
func malformed(text []byte) string {
	if len(bytes.TrimSpace(text)) == 0 {
		return "The body is empty: a JSON object is needed."
	}
	err := json.Unmarshal(text, new(json.RawMessage))
	if at, ok := errors.AsType[*json.SyntaxError](err); ok {
		return "The body is not JSON: " + at.Error() + " (byte " + strconv.FormatInt(at.Offset, 10) + ")"
	}
	return "The body is not JSON."
}

// textField reads a string. Numbers and booleans become strings, as in Livy.
func textField(into *string) func(json.RawMessage) error {
	return func(value json.RawMessage) (err error) {
		*into, err = scalar(value)
		return err
	}
}

func scalar(value json.RawMessage) (string, error) {
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

// wholeField reads a whole number that is not negative.
//
// Divergence: a number in a string is accepted; Livy answers 500 with a
// ClassCastException. Zeppelin sends all its properties that way, and Airflow
// lets its users do it.
func wholeField(into *int) func(json.RawMessage) error {
	return func(value json.RawMessage) error {
		text, err := scalar(value)
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

// listField reads a list of strings. One string is no list, as in Livy.
func listField(into *[]string) func(json.RawMessage) error {
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
			text, err := scalar(item)
			if err != nil {
				return err
			}
			*into = append(*into, text)
		}
		return nil
	}
}

// mapField reads a map of strings. Airflow sends numbers as values; Livy takes
// them.
func mapField(into *map[string]string) func(json.RawMessage) error {
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
			text, err := scalar(item)
			if err != nil {
				return err
			}
			(*into)[key] = text
		}
		return nil
	}
}

// ignored accepts a field without reading it.
func ignored(json.RawMessage) error { return nil }
