package awsapi

import (
	"bytes"
	"encoding/json"
)

// Encode writes a generated struct as a JSON body. Nil members are left out; empty lists and maps
// are written.
func Encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // code and output are full of < and >, and no page embeds this
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
