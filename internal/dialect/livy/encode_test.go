package livy

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// plainly is what encoding/json makes of a value.
func plainly(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func TestEncode_LongTexts_AreWrittenAsShortOnes(t *testing.T) {
	for _, unit := range []string{"x", "ü", "𝄞", "\x00", "\"\\\n<&>", "\u2028", "\xff", "\xf0\x9d\x84", "a𝄞"} {
		for _, shift := range []string{"", "1", "22", "333"} {
			text := shift + strings.Repeat(unit, 3*piece/len(unit))
			got, err := encode(text)
			if err != nil || string(got) != plainly(t, text) {
				t.Errorf("%q after %q: %v, %d bytes, want %d", unit, shift, err, len(got), len(plainly(t, text)))
			}
		}
	}
}

func TestEncode_Objects_KeepTheirOrderAndMapsAreSorted(t *testing.T) {
	long := json.RawMessage(`[ "` + strings.Repeat("y", piece) + `" ]`)
	got, err := encode(object{
		{"z", 1},
		{"a", object{{"b", nil}, {"\"", []string{"<"}}}},
		{"m", map[string]any{"y": long, "x": json.RawMessage("[ 1 ]")}},
		{"list", []object{{{"k", "v"}}}},
	})
	want := `{"z":1,"a":{"b":null,"\"":["<"]},"m":{"x":[1],"y":["` + strings.Repeat("y", piece) + `"]},"list":[{"k":"v"}]}`
	if err != nil || string(got) != want {
		t.Errorf("%v: got %.200s", err, got)
	}
}

func FuzzEncode_AnyText_IsWrittenAsJSONWritesIt(f *testing.F) {
	f.Add("plain", 3)
	f.Add("\xf0\x9d", 65536)
	f.Fuzz(func(t *testing.T, unit string, times int) {
		if times < 0 || times > 200000 || len(unit)*times > 1<<20 {
			return
		}
		text := strings.Repeat(unit, times)
		if got, err := encode(text); err != nil || string(got) != plainly(t, text) {
			t.Errorf("%q, %d times: %v", unit, times, err)
		}
	})
}
