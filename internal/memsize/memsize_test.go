package memsize

import "testing"

func TestParse_Sizes_AreReadAsSparkReadsThem(t *testing.T) {
	for text, want := range map[string]Size{
		"512": {512, ""}, "512m": {512, "m"}, "512MB": {512, "m"}, "2g": {2048, "g"}, "2 GB": {2048, "g"}, "2Gb": {2048, "g"},
		"1t": {1 << 20, "t"}, "2048k": {2, "k"}, "1023K": {0, "k"}, "1073741824b": {1024, "b"}, "0": {0, ""},
		"999999999t": {MaxMB, "t"}, "999999999": {MaxMB, ""}, "999999999999999b": {MaxMB, "b"},
	} {
		if got, ok := Parse(text); !ok || got != want {
			t.Errorf("%q is %+v, %v; want %+v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "g", "-1g", "+1g", "1.5g", "1 g ", " 1g", "1  g", "1p", "1gg", "1bb", "1kk", "0x10", "1e3", "1000000000", "9999999999999999b", "١g", "1g\n"} {
		if got, ok := Parse(text); ok {
			t.Errorf("%q is %+v", text, got)
		}
	}
}
