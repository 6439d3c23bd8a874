package livy

import (
	"encoding/json"
	"errors"
	"testing"

	"hearth/internal/livyapi"
)

func FuzzFields_AnyBody_IsReadOrRefusedWithAShape(f *testing.F) {
	for _, seed := range []string{`{}`, `{"n":"2","t":1,"l":["a"],"m":{"a":1}}`, `{"n":1e9}`, `{"m":null}`, `[`, `{"t":{}}`, "\x00", `{"n":" 7 "}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var text string
		var n int
		var items []string
		var m map[string]string
		err := fields{"t": livyapi.Text(&text), "n": livyapi.Whole(&n), "l": livyapi.Strings(&items), "m": livyapi.Map(&m)}.decode(body)
		if err == nil {
			if n < 0 || !json.Valid(body) {
				t.Errorf("%q is read as %d", body, n)
			}
			return
		}
		place, ok := errors.AsType[*failure](err)
		if !ok || place.status != 400 {
			t.Errorf("%q is refused with %v", body, err)
			return
		}
		if _, err := encode(place.body); err != nil {
			t.Errorf("%q is refused with what cannot be written: %v", body, err)
		}
	})
}
