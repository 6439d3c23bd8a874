package livyapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
)

// table is the result of a SQL statement, `{"schema":…,"data":[[…]]}`, with its cells as Livy 0.9
// writes them. The engine's form loses nothing and is terser; it differs in three types:
//
//	struct          [1,"a"]     {"schema":[{"name":…}],"values":[1,"a"]}
//	binary          "AP8="      [0,-1]
//	float, double   "NaN"       null
//
// Hue unpacks exactly this form of structs. A text that is no such table comes back as it is.
//
// Divergence: decimals keep their scale, and timestamps their fraction of a second; Livy drops
// both.
func table(text []byte) json.RawMessage {
	from := json.NewDecoder(bytes.NewReader(text))
	var schema json.RawMessage
	var row dataType
	if !follows(from, json.Delim('{'), "schema") || from.Decode(&schema) != nil || json.Unmarshal(schema, &row) != nil {
		return text
	}
	// Most tables are as they should be, and a long one is not to be copied for nothing.
	if !row.rewritten(bytes.Contains(text, []byte(notANumber))) {
		return text
	}
	var w bytes.Buffer
	w.Grow(len(text))
	w.WriteString(`{"schema":`)
	w.Write(schema)
	w.WriteString(`,"data":`)
	if !follows(from, "data") || row.rows(&w, from) != nil {
		return text
	}
	if from.More() { // "truncated":true
		if !follows(from, "truncated", true) {
			return text
		}
		w.WriteString(`,"truncated":true`)
	}
	if !follows(from, json.Delim('}')) {
		return text
	}
	w.WriteByte('}')
	return w.Bytes()
}

// follows reports whether these are the next tokens, and goes behind them.
func follows(from *json.Decoder, wanted ...json.Token) bool {
	for _, want := range wanted {
		if got, err := from.Token(); err != nil || got != want {
			return false
		}
	}
	return true
}

const notANumber = `"NaN"`

// rows copies a list of rows, each a list of cells.
func (t *dataType) rows(w *bytes.Buffer, from *json.Decoder) error {
	return list(w, from, func(int) error { return t.cells(w, from) })
}

// cells copies a row.
func (t *dataType) cells(w *bytes.Buffer, from *json.Decoder) error {
	return list(w, from, func(i int) error {
		if i >= len(t.fields) {
			return errShape
		}
		return t.fields[i].Type.value(w, from)
	})
}

var errShape = errors.New("a value has another shape than its type")

// value copies one value.
func (t *dataType) value(w *bytes.Buffer, from *json.Decoder) error {
	nested := t.element != nil && t.element.differs(true)
	switch {
	case t.name == "struct":
		return t.row(w, from)
	case nested && t.name == "map":
		return t.entries(w, from)
	case nested:
		return list(w, from, func(int) error { return t.element.value(w, from) })
	}
	var raw json.RawMessage
	if err := from.Decode(&raw); err != nil {
		return err
	}
	switch {
	case t.name == "binary" && string(raw) != "null":
		return numbers(w, raw)
	case (t.name == "float" || t.name == "double") && string(raw) == notANumber:
		w.WriteString("null")
	default:
		w.Write(raw)
	}
	return nil
}

// row writes a struct as Livy's serialiser writes a Row with its schema.
func (t *dataType) row(w *bytes.Buffer, from *json.Decoder) error {
	begin := w.Len()
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
	values := w.Len()
	if err := t.cells(w, from); err != nil {
		return err
	}
	if string(w.Bytes()[values:]) == "null" {
		w.Truncate(begin)
		w.WriteString("null")
		return nil
	}
	w.WriteByte('}')
	return nil
}

// entries copies a map, whose keys keep their order.
func (t *dataType) entries(w *bytes.Buffer, from *json.Decoder) error {
	if there, err := opens(w, from, '{'); !there {
		return err
	}
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
	_, err := from.Token()
	return err
}

// list copies a list, or null; item copies the item at a position.
func list(w *bytes.Buffer, from *json.Decoder, item func(i int) error) error {
	if there, err := opens(w, from, '['); !there {
		return err
	}
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

// opens copies the begin of a list or map, or the null that stands for it: then there is none.
func opens(w *bytes.Buffer, from *json.Decoder, with json.Delim) (there bool, err error) {
	switch got, err := from.Token(); {
	case err != nil:
		return false, err
	case got == nil:
		w.WriteString("null")
		return false, nil
	case got != with:
		return false, errShape
	}
	w.WriteByte(byte(with))
	return true, nil
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
