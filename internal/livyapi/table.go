package livyapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
)

// table is the result of a SQL statement, `{"schema":…,"data":[[…]]}`, with its
// cells as Livy 0.9 writes them. The engine's form loses nothing and is terser; it
// differs in three types:
//
//	struct          [1,"a"]     {"schema":[{"name":…}],"values":[1,"a"]}
//	binary          "AP8="      [0,-1]
//	float, double   "NaN"       null
//
// Hue unpacks exactly this form of structs. A text that is no such table comes back
// as it is.
//
// Divergence: decimals keep their scale, and timestamps their fraction of a second;
// Livy drops both.
func table(text []byte) json.RawMessage {
	var whole struct {
		Schema    json.RawMessage `json:"schema"`
		Data      json.RawMessage `json:"data"`
		Truncated bool            `json:"truncated"`
	}
	var schema dataType
	if json.Unmarshal(text, &whole) != nil || len(whole.Data) == 0 || json.Unmarshal(whole.Schema, &schema) != nil {
		return text
	}
	if !schema.rewritten(bytes.Contains(whole.Data, []byte(notANumber))) {
		return text
	}
	var w bytes.Buffer
	w.Grow(len(text))
	w.WriteString(`{"schema":`)
	w.Write(whole.Schema)
	w.WriteString(`,"data":`)
	if err := schema.rows(&w, json.NewDecoder(bytes.NewReader(whole.Data))); err != nil {
		return text
	}
	if whole.Truncated {
		w.WriteString(`,"truncated":true`)
	}
	w.WriteByte('}')
	return w.Bytes()
}

const notANumber = `"NaN"`

// dataType is one of Spark's types as its schemas have it in JSON.
type dataType struct {
	name   string
	fields []structField
	// element is of an array's elements, or of a map's values.
	element *dataType
}

type structField struct {
	Name     string   `json:"name"`
	Type     dataType `json:"type"`
	Nullable bool     `json:"nullable"`
}

// UnmarshalJSON reads "long" as well as {"type":"array","elementType":…}.
func (t *dataType) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '"' {
		return json.Unmarshal(text, &t.name)
	}
	var nested struct {
		Type    string        `json:"type"`
		Fields  []structField `json:"fields"`
		Element *dataType     `json:"elementType"`
		Value   *dataType     `json:"valueType"`
	}
	if err := json.Unmarshal(text, &nested); err != nil {
		return err
	}
	*t = dataType{name: nested.Type, fields: nested.Fields, element: nested.Element}
	if nested.Value != nil {
		t.element = nested.Value
	}
	return nil
}

// rewritten tells whether a row of this type has cells that Livy writes otherwise.
func (t *dataType) rewritten(nan bool) bool {
	for _, f := range t.fields {
		if f.Type.differs(nan) {
			return true
		}
	}
	return false
}

func (t *dataType) differs(nan bool) bool {
	switch t.name {
	case "struct", "binary":
		return true
	case "float", "double":
		return nan
	}
	return t.element != nil && t.element.differs(nan)
}

// rows copies a list of rows, each a list of cells.
func (t *dataType) rows(w *bytes.Buffer, from *json.Decoder) error {
	return list(w, from, func(int) error {
		return list(w, from, func(i int) error { return t.cell(w, from, i) })
	})
}

var errShape = errors.New("a value has another shape than its type")

// cell copies the value of a row's field.
func (t *dataType) cell(w *bytes.Buffer, from *json.Decoder, i int) error {
	if i >= len(t.fields) {
		return errShape
	}
	return t.fields[i].Type.value(w, from)
}

// value copies one value.
func (t *dataType) value(w *bytes.Buffer, from *json.Decoder) error {
	var raw json.RawMessage
	if err := from.Decode(&raw); err != nil {
		return err
	}
	if string(raw) == "null" {
		w.Write(raw)
		return nil
	}
	switch t.name {
	case "float", "double":
		if string(raw) == notANumber {
			raw = json.RawMessage("null")
		}
		w.Write(raw)
		return nil
	case "binary":
		return numbers(w, raw)
	case "struct":
		return t.row(w, raw)
	}
	if t.element == nil || !t.element.differs(true) {
		w.Write(raw)
		return nil
	}
	inside := json.NewDecoder(bytes.NewReader(raw))
	if raw[0] == '{' {
		return t.entries(w, inside)
	}
	return list(w, inside, func(int) error { return t.element.value(w, inside) })
}

// row writes a struct as Livy's serialiser writes a Row with its schema.
func (t *dataType) row(w *bytes.Buffer, raw json.RawMessage) error {
	w.WriteString(`{"schema":[`)
	for i, f := range t.fields {
		if i > 0 {
			w.WriteByte(',')
		}
		name, err := json.Marshal(f.Name)
		if err != nil {
			return err
		}
		w.WriteString(`{"name":`)
		w.Write(name)
		w.WriteString(`,"dataType":{},"nullable":` + strconv.FormatBool(f.Nullable) + `,"metadata":{"map":{}}}`)
	}
	w.WriteString(`],"values":`)
	inside := json.NewDecoder(bytes.NewReader(raw))
	err := list(w, inside, func(i int) error { return t.cell(w, inside, i) })
	w.WriteByte('}')
	return err
}

// entries copies a map, whose keys keep their order.
func (t *dataType) entries(w *bytes.Buffer, from *json.Decoder) error {
	if _, err := from.Token(); err != nil {
		return err
	}
	w.WriteByte('{')
	for i := 0; from.More(); i++ {
		if i > 0 {
			w.WriteByte(',')
		}
		name, err := from.Token()
		if err != nil {
			return err
		}
		key, err := json.Marshal(name)
		if err != nil {
			return err
		}
		w.Write(key)
		w.WriteByte(':')
		if err := t.element.value(w, from); err != nil {
			return err
		}
	}
	w.WriteByte('}')
	return nil
}

// list copies a list; item copies the item at a position.
func list(w *bytes.Buffer, from *json.Decoder, item func(i int) error) error {
	if open, err := from.Token(); err != nil || open != json.Delim('[') {
		return errShape
	}
	w.WriteByte('[')
	for i := 0; from.More(); i++ {
		if i > 0 {
			w.WriteByte(',')
		}
		if err := item(i); err != nil {
			return err
		}
	}
	w.WriteByte(']')
	_, err := from.Token()
	return err
}

// numbers writes bytes, which come as base64, as the JVM's signed numbers.
func numbers(w *bytes.Buffer, raw json.RawMessage) error {
	var data []byte // encoding/json reads base64 into it
	if err := json.Unmarshal(raw, &data); err != nil {
		return errShape
	}
	w.WriteByte('[')
	for i, b := range data {
		if i > 0 {
			w.WriteByte(',')
		}
		w.WriteString(strconv.Itoa(int(int8(b))))
	}
	w.WriteByte(']')
	return nil
}
