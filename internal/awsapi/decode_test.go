package awsapi

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type inner struct {
	Name *string `json:"Name,omitzero"`
	Next *inner  `json:"Next,omitzero"`
}

type sample struct {
	Text  *string           `json:"Text,omitzero"`
	Int   *int32            `json:"Int,omitzero"`
	Long  *int64            `json:"Long,omitzero"`
	Float *float64          `json:"Float,omitzero"`
	Bool  *bool             `json:"Bool,omitzero"`
	When  *Time             `json:"When,omitzero"`
	List  []string          `json:"List,omitzero"`
	Items []inner           `json:"Items,omitzero"`
	Map   map[string]string `json:"Map,omitzero"`
	Inner *inner            `json:"Inner,omitzero"`
	Token *Secret           `json:"Token,omitzero"`
}

func TestDecode_ReadsWhatAWSReads(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       sample
	}{
		{"empty body", "", sample{}},
		{"white space", " \n", sample{}},
		{"empty object", "{}", sample{}},
		{
			"every kind", `{"Text":"a","Int":-2147483648,"Long":9007199254740993,"Float":1.5,"Bool":true,"List":["x"],"Map":{"k":"v"},"Inner":{"Name":"n"},"Items":[{"Name":"i"}],"Token":"t"}`,
			sample{
				Text: new("a"), Int: new(int32(-2147483648)), Long: new(int64(9007199254740993)), Float: new(1.5), Bool: new(true),
				List: []string{"x"}, Map: map[string]string{"k": "v"}, Inner: &inner{Name: new("n")}, Items: []inner{{Name: new("i")}}, Token: new(Secret("t")),
			},
		},
		{"an integer for a double", `{"Float":2}`, sample{Float: new(2.0)}},
		{"null is absent", `{"Text":null,"List":null,"Map":null,"Inner":null,"Int":null}`, sample{}},
		{"empty is not absent", `{"Text":"","List":[],"Map":{},"Inner":{}}`, sample{Text: new(""), List: []string{}, Map: map[string]string{}, Inner: &inner{}}},
		{"names are exact", `{"text":"a","TEXT":"b","Text ":"c"}`, sample{}},
		{"unknown members of any shape", `{"X":{"Text":[1,{"a":[]}]},"Y":[[[]]],"Z":1e999,"Text":"a"}`, sample{Text: new("a")}},
		{"the last of a repeated name", `{"Text":"a","Text":"b"}`, sample{Text: new("b")}},
		{"a repeated map does not merge", `{"Map":{"a":"1"},"Map":{"b":"2"}}`, sample{Map: map[string]string{"b": "2"}}},
		{"null after a value", `{"Text":"a","Text":null}`, sample{}},
		{"time with a fraction", `{"When":1700000000.123}`, sample{When: &Time{time.UnixMilli(1700000000123).UTC()}}},
		{"time as AWS's Java writes it", `{"When":1.700000000123E9}`, sample{When: &Time{time.UnixMilli(1700000000123).UTC()}}},
		{"time before 1970", `{"When":-1.5}`, sample{When: &Time{time.UnixMilli(-1500).UTC()}}},
		{"surrogate escapes", `{"Text":"\ud83d\ude00"}`, sample{Text: new("😀")}},
	} {
		var got sample
		if err := Decode([]byte(c.body), &got); err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestDecode_RefusesWhatAWSRefuses(t *testing.T) {
	deep := strings.Repeat(`{"Next":`, maxDepth) + `{}` + strings.Repeat(`}`, maxDepth)
	for _, c := range []struct{ name, body string }{
		{"not JSON", `Id=1`},
		{"cut off", `{"Text":"a"`},
		{"trailing comma", `{"List":["a",]}`},
		{"two values", `{} {}`},
		{"a list", `[]`},
		{"null", `null`},
		{"a string", `"{}"`},
		{"bad UTF-8", "{\"Text\":\"\xff\"}"},
		{"number for a string", `{"Text":1}`},
		{"object for a string", `{"Text":{}}`},
		{"string for an integer", `{"Int":"1"}`},
		{"fraction for an integer", `{"Int":1.5}`},
		{"integer too large", `{"Int":2147483648}`},
		{"long too large", `{"Long":9223372036854775808}`},
		{"string for a double", `{"Float":"1"}`},
		{"double too large", `{"Float":1e999}`},
		{"string for a boolean", `{"Bool":"true"}`},
		{"string for a time", `{"When":"2026-01-01T00:00:00Z"}`},
		{"time beyond all years", `{"When":1e18}`},
		{"string for a list", `{"List":"a"}`},
		{"object for a list", `{"List":{}}`},
		{"null in a list", `{"List":[null]}`},
		{"list for a map", `{"Map":[]}`},
		{"null in a map", `{"Map":{"a":null}}`},
		{"string for a structure", `{"Inner":"a"}`},
		{"wrong type inside", `{"Items":[{"Name":1}]}`},
		{"too deep", `{"Inner":` + deep + `}`},
		{"too deep where nobody looks", `{"X":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`},
	} {
		var got sample
		f, ok := errors.AsType[*Fault](Decode([]byte(c.body), &got))
		if !ok || f.Code != "SerializationException" || f.status() != 400 || f.Message == "" {
			t.Errorf("%s: got %v", c.name, f)
		}
	}
}

func TestEncode_LeavesOutNilAndKeepsEmpty(t *testing.T) {
	got, err := Encode(sample{
		Text: new("a<b>&\xff"), List: []string{}, Map: map[string]string{}, Inner: &inner{},
		When: At(time.UnixMilli(1700000000007)), Token: new(Secret("s")), Int: new(int32(0)),
	})
	want := `{"Text":"a<b>&\ufffd","Int":0,"When":1700000000.007,"List":[],"Map":{},"Inner":{},"Token":"s"}`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v\nwant %s", got, err, want)
	}
}

func TestOptionalAndValue_TreatZeroAsAbsent(t *testing.T) {
	if Optional("") != nil || At(time.Time{}) != nil || *Optional("a") != "a" {
		t.Error("zero is not absent")
	}
	if Value[string](nil) != "" || Value(new("a")) != "a" {
		t.Error("absent is not zero")
	}
}

// FuzzDecode demands that no body panics, that every error is a SerializationException, and that
// what was accepted is written as JSON that is read as the same.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"Text":"a","Int":1,"When":1.5,"List":["x"],"Items":[{"Next":{}}],"Map":{"k":"v"},"X":[{}]}`))
	f.Add([]byte(`{"Text":null,"Text":1}`))
	f.Add([]byte(``))
	f.Add([]byte(`{"When":-62135596800.999}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var first, second sample
		if err := Decode(body, &first); err != nil {
			if fault, ok := errors.AsType[*Fault](err); !ok || fault.Code != "SerializationException" {
				t.Fatalf("error is %v", err)
			}
			return
		}
		again, err := Encode(first)
		if err != nil || !json.Valid(again) {
			t.Fatalf("encode: %s, %v", again, err)
		}
		if err := Decode(again, &second); err != nil {
			t.Fatalf("%s: %v", again, err)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Fatal(diff)
		}
	})
}
