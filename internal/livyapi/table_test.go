package livyapi

import (
	"encoding/json"
	"strings"
	"testing"
)

// column makes a table of one column.
func column(dataType, cells string) string {
	return `{"schema":{"type":"struct","fields":[{"name":"c","type":` + dataType + `,"nullable":true,"metadata":{}}]},"data":[` + cells + `]}`
}

const (
	pair      = `{"type":"struct","fields":[{"name":"a","type":"integer","nullable":false,"metadata":{}},{"name":"<b>","type":"string","nullable":true,"metadata":{}}]}`
	pairShown = `{"schema":[{"name":"a","dataType":{},"nullable":false,"metadata":{"map":{}}},{"name":"\u003cb\u003e","dataType":{},"nullable":true,"metadata":{"map":{}}}],"values":`
)

// The left side is what the engine writes (internal/kernel/jvm), the right what Livy 0.9 was
// measured to write.
func TestTable_OfEachType_IsLivys(t *testing.T) {
	for _, c := range []struct{ dataType, engine, livy string }{
		{`"integer"`, `[1],[null]`, `[1],[null]`},
		{`"long"`, `[9007199254740993]`, `[9007199254740993]`},
		{`"decimal(10,2)"`, `[1.50]`, `[1.50]`},
		{`"date"`, `["2020-01-01"]`, `["2020-01-01"]`},
		{`"timestamp"`, `["2020-01-01T01:02:03.5Z"]`, `["2020-01-01T01:02:03.5Z"]`},
		{`"timestamp_ntz"`, `["2020-01-01T01:02:03"]`, `["2020-01-01T01:02:03"]`},
		{`"string"`, `["NaN"],["<é>"]`, `["NaN"],["<é>"]`},
		{`"double"`, `[1.5],["NaN"],["Infinity"],["-Infinity"],[null]`, `[1.5],[null],["Infinity"],["-Infinity"],[null]`},
		{`"float"`, `["NaN"]`, `[null]`},
		{`"binary"`, `["AP9/"],[""],[null]`, `[[0,-1,127]],[[]],[null]`},
		{`{"type":"array","elementType":"integer","containsNull":true}`, `[[1,null]],[[]]`, `[[1,null]],[[]]`},
		{`{"type":"array","elementType":"double","containsNull":true}`, `[[1.0,"NaN"]]`, `[[1.0,null]]`},
		{`{"type":"map","keyType":"string","valueType":"integer","valueContainsNull":true}`, `[{"z":1,"a":null}]`, `[{"z":1,"a":null}]`},
		{`{"type":"map","keyType":"string","valueType":"binary","valueContainsNull":true}`, `[{"z":"AQ==","NaN":null}],[{}]`, `[{"z":[1],"NaN":null}],[{}]`},
		{pair, `[[1,"x"]],[[2,null]],[null]`, `[` + pairShown + `[1,"x"]}],[` + pairShown + `[2,null]}],[null]`},
		{`{"type":"array","elementType":` + pair + `,"containsNull":true}`, `[[[1,"x"],null]]`, `[[` + pairShown + `[1,"x"]},null]]`},
		{`{"type":"map","keyType":"integer","valueType":` + pair + `,"valueContainsNull":true}`, `[{"7":[1,"x"]}]`, `[{"7":` + pairShown + `[1,"x"]}}]`},
		{
			`{"type":"struct","fields":[{"name":"p","type":` + pair + `,"nullable":true,"metadata":{}}]}`, `[[[1,"x"]]]`,
			`[{"schema":[{"name":"p","dataType":{},"nullable":true,"metadata":{"map":{}}}],"values":[` + pairShown + `[1,"x"]}]}]`,
		},
	} {
		got, want := string(table([]byte(column(c.dataType, c.engine)))), column(c.dataType, c.livy)
		if got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.dataType, got, want)
		}
	}
}

func TestTable_ThatWasCut_SaysSo(t *testing.T) {
	in := strings.TrimSuffix(column(`"binary"`, `["AQ=="]`), "}") + `,"truncated":true}`
	want := strings.TrimSuffix(column(`"binary"`, `[[1]]`), "}") + `,"truncated":true}`
	if got := string(table([]byte(in))); got != want {
		t.Errorf("got %s", got)
	}
}

func TestTable_ThatIsNone_IsLeftAlone(t *testing.T) {
	for _, text := range []string{
		`{}`, `[1]`, `{"a":1}`, `{"schema":1,"data":[]}`, `{"schema":{"type":"struct","fields":[]},"data":7}`,
		column(`"binary"`, `["!"]`), column(`"binary"`, `[7]`), column(`"binary"`, `["AQ==",1]`), column(pair, `[7]`), column(pair, `[[1,2,3]]`),
	} {
		if got := string(table([]byte(text))); got != text {
			t.Errorf("%s becomes %s", text, got)
		}
	}
}

func FuzzTable_AnyText_StaysJSON(f *testing.F) {
	for _, c := range []string{column(pair, `[[1,"x"]]`), column(`"binary"`, `["AQ=="]`), column(`{"type":"map","valueType":"double"}`, `[{"a":"NaN"}]`), `{}`} {
		f.Add([]byte(c))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if json.Valid(text) && !json.Valid(table(text)) {
			t.Errorf("%s becomes %s", text, table(text))
		}
	})
}
