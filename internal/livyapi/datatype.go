package livyapi

import "encoding/json"

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

// rewritten reports whether a row of this type has cells that Livy writes otherwise.
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
