package spark_test

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"hearth/internal/engine"
	"hearth/internal/engine/spark"
)

// decode reads a properties file as java.util.Properties does, as far as Encode writes one.
func decode(data []byte) (map[string]string, error) {
	m := map[string]string{}
	for line := range bytes.Lines(data) {
		key, value, err := decodeLine(strings.TrimSuffix(string(line), "\n"))
		if err != nil {
			return nil, err
		}
		m[key] = value
	}
	return m, nil
}

func decodeLine(line string) (key, value string, err error) {
	var units [2][]uint16
	part := 0
	for i := 0; i < len(line); i++ {
		c := uint16(line[i])
		switch {
		case line[i] == '=' && part == 0:
			part = 1
			continue
		case line[i] < ' ' || line[i] > '~' || strings.IndexByte("=:#! ", line[i]) >= 0:
			return "", "", fmt.Errorf("%q is not escaped in %q", line[i], line)
		case line[i] == '\\' && line[i+1] == 'u':
			n, err := strconv.ParseUint(line[i+2:i+6], 16, 16)
			if err != nil {
				return "", "", err
			}
			c, i = uint16(n), i+5
		case line[i] == '\\':
			i++
			c = uint16(line[i])
		}
		units[part] = append(units[part], c)
	}
	return string(utf16.Decode(units[0])), string(utf16.Decode(units[1])), nil
}

func FuzzProperties_AnyValue_ComesBackAsItWas(f *testing.F) {
	f.Add("spark.sql.x", "a=b")
	f.Add("spark.x", "one\nspark.master=evil")
	f.Add("spark.x", "tab\tüñ😀\\ :#!\x00\r")
	f.Fuzz(func(t *testing.T, key, value string) {
		if !utf8.ValidString(key) || !utf8.ValidString(value) || key == "" {
			t.Skip()
		}
		spec := engine.Spec{Setup: engine.Setup{Conf: map[string]string{"spark.fuzz." + key: value}}}
		conf := spark.Conf(spec, spark.Given{Cores: 1, MemoryMB: 512}, spark.Dirs{})
		got, err := decode(conf.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(conf) || got["spark.fuzz."+key] != value {
			t.Errorf("%q came back as %q, %d keys instead of %d", value, got["spark.fuzz."+key], len(got), len(conf))
		}
	})
}
