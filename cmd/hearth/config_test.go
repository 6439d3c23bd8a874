package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

func written(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hearth.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestConfig_OfAFile_IsReadAndFlagsWin(t *testing.T) {
	t.Setenv("HEARTH_TEST_N", "7")
	t.Setenv("HEARTH_TEST_DIR", "x y")
	t.Setenv("HEARTH_TEST_ODD", "x: y\nlisten: evil")
	file := written(t, `
listen: 127.0.0.1:1
data: ${HEARTH_TEST_DIR}/z
runtime: ${HEARTH_TEST_ODD}/z
max_sessions: ${HEARTH_TEST_N}
region: "${HEARTH_TEST_N}"
retention: 48h
retention_size: 1g
hosts: [a.example, b.example]
files: [/one, /two]
keep_sessions: true
livy:
  base_path: /gateway/livy
  fields: "0.7"
  require_requested_by: true
  interrupt_cancels: true
  impersonation: true
  superusers: [hue, knox]
  idle_timeout: -1s
  ttl: 8h
  list_ended: 1m
  engine: other
dli:
  packages: /four
  queues: [{name: etl, max_sessions: 2, max_batches: 3}, {name: etl, project: p1, engine: local}]
  keys: {AK: "${HEARTH_TEST_N}"}
  tokens: {secret: ann}
`)
	c, err := readConfig([]string{"-config", file, "-listen", "127.0.0.1:2", "-files", "/three", "-files", "/four"}, dialects(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:2" || c.MaxSessions != 7 || c.Region != "7" || c.Retention != 48*time.Hour || c.RetentionSize != 1<<30 || !c.KeepSessions ||
		!slices.Equal(c.Hosts, []string{"a.example", "b.example"}) || !slices.Equal(c.Files, []string{"/three", "/four"}) {
		t.Errorf("config = %+v", c)
	}
	for name, want := range map[string]string{
		"livy": `base_path: /gateway/livy
fields: "0.7"
require_requested_by: true
interrupt_cancels: true
impersonation: true
superusers: [hue, knox]
idle_timeout: -1s
ttl: 8h0m0s
list_ended: 1m0s
`,
		"dli": `packages: /four
queues: [{name: etl, project: "", max_sessions: 2, max_batches: 3, engine: ""}, {name: etl, project: p1, max_sessions: 0, max_batches: 0, engine: local}]
keys: {AK: "7"}
tokens: {secret: ann}
projects: {}
idle_timeout: 0s
list_ended: 0s
`,
	} {
		i := slices.IndexFunc(c.apis, func(a api) bool { return a.name == name })
		if diff := cmp.Diff(parsed(t, []byte(want)), parsed(t, marshalled(t, c.apis[i].settings))); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
		if name == "livy" && c.apis[i].engine != "other" {
			t.Errorf("the engine of livy is %q", c.apis[i].engine)
		}
	}
	if !strings.HasSuffix(c.Data, "x y/z") || c.Runtime != "x: y\nlisten: evil/z" || !filepath.IsAbs(c.Data) || c.Database != filepath.Join(c.Data, "hearth.db") {
		t.Errorf("data = %q, database = %q", c.Data, c.Database)
	}
}

func marshalled(t *testing.T, v any) []byte {
	t.Helper()
	text, err := yaml.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func parsed(t *testing.T, text []byte) map[string]any {
	t.Helper()
	var all map[string]any
	if err := yaml.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestConfig_WithoutAnything_IsLoopbackAndHere(t *testing.T) {
	c, err := readConfig(nil, dialects(), io.Discard)
	if err != nil || c.Listen != "127.0.0.1:8998" || c.Account != "000000000000" || !slices.Equal(c.Files, []string{"."}) || c.KeepSessions {
		t.Errorf("config = %+v, %v", c, err)
	}
	if c, err := readConfig([]string{"-config", written(t, "")}, dialects(), io.Discard); err != nil || c.Listen != "127.0.0.1:8998" {
		t.Errorf("an empty file: %+v, %v", c, err)
	}
}

func TestConfig_RetentionSize_IsWrittenAsSizesOfMemoryAre(t *testing.T) {
	for text, want := range map[string]bytesize{"1m": 1 << 20, "512": 512 << 20, "2 GB": 2 << 30, "64t": 64 << 40} {
		flagged, err := readConfig([]string{"-retention-size", text}, dialects(), io.Discard)
		read, errRead := readConfig([]string{"-config", written(t, "retention_size: "+text+"\n")}, dialects(), io.Discard)
		if err := errors.Join(err, errRead); err != nil || flagged.RetentionSize != want || read.RetentionSize != want {
			t.Errorf("%s is %d by flag and %d by file, %v, want %d", text, flagged.RetentionSize, read.RetentionSize, err, want)
		}
	}
	var out bytes.Buffer
	if c, err := readConfig([]string{"-h"}, dialects(), &out); !errors.Is(err, flag.ErrHelp) || !strings.Contains(out.String(), "(default 10g)") {
		t.Errorf("the default is %d, %v:\n%s", c.RetentionSize, err, &out)
	}
}

func TestConfig_ThatIsWrong_IsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		file string
		text string
	}{
		"an unknown key":       {nil, "lisen: 127.0.0.1:1\n", "lisen"},
		"a key twice":          {nil, "region: a\nregion: b\n", "region"},
		"a wrong type":         {nil, "max_sessions: many\n", "many"},
		"a variable not set":   {nil, "region: ${HEARTH_TEST_ABSENT}\n", "line 1: the variable HEARTH_TEST_ABSENT is not set"},
		"a short account":      {[]string{"-account", "1"}, "", "12 digits"},
		"no data":              {[]string{"-data", ""}, "", "directory"},
		"a comma in the data":  {[]string{"-data", "/tmp/a,b"}, "", "none of"},
		"a colon in the data":  {[]string{"-data", "/tmp/a:b"}, "", "none of"},
		"a semicolon there":    {[]string{"-data", "/tmp/a;b"}, "", "none of"},
		"a pattern there":      {[]string{"-data", "/tmp/a[b]"}, "", "none of"},
		"a star there":         {[]string{"-data", "/tmp/*"}, "", "none of"},
		"braces there":         {[]string{"-data", "/tmp/{a}"}, "", "none of"},
		"a backslash there":    {[]string{"-data", `/tmp/a\b`}, "", "none of"},
		"a line break there":   {[]string{"-data", "/tmp/a\nb"}, "", "none of"},
		"less than no time":    {[]string{"-abandon-after", "-1s"}, "", "negative"},
		"less than no session": {[]string{"-max-sessions", "-1"}, "", "negative"},
		"less than none":       {nil, "max_instances: -1\n", "negative"},
		"less than no start":   {[]string{"-max-starts", "-1"}, "", "negative"},
		"no retention":         {[]string{"-retention", "0s"}, "", "positive"},
		"no size":              {[]string{"-retention-size", "0"}, "", "at least 1m"},
		"less than a MiB":      {nil, "retention_size: 1023k\n", "at least 1m"},
		"a size that is none":  {nil, "retention_size: 10x\n", "is no size"},
		"a strange log":        {[]string{"-log-format", "xml"}, "", "text or json"},
		"a strange level":      {[]string{"-log-level", "loud"}, "", "loud"},
		"a queue twice":        {nil, "dli: {queues: [{name: a}, {name: a}]}\n", "configured twice"},
		"a queue's limit":      {nil, "dli: {queues: [{name: a, max_sessions: -1}]}\n", "negative"},
		"an empty key":         {nil, "dli: {keys: {AK: ''}}\n", "empty"},
		"a token of nobody":    {nil, "dli: {tokens: {t: ''}}\n", "empty"},
		"no fields of Livy":    {nil, "livy: {fields: '1.0'}\n", "0.7, 0.8, 0.9"},
		"a slash too many":     {[]string{"-livy-base-path", "/livy/"}, "", "a plain path"},
		"no path":              {nil, "livy: {base_path: livy}\n", "a plain path"},
		"the root":             {nil, "livy: {base_path: /}\n", "a plain path"},
		"a pattern":            {nil, "livy: {base_path: '/{x}'}\n", "a plain path"},
		"a path upwards":       {nil, "livy: {base_path: /a/../b}\n", "a plain path"},
		"a key of no API":      {nil, "livy: {base: /x}\n", "livy: "},
		"a section of none":    {nil, "ray: {engine: local}\n", `"ray"`},
		"users of nothing":     {nil, "livy: {superusers: [a]}\n", "without impersonation"},
		"a life before birth":  {nil, "livy: {ttl: -1h}\n", "negative"},
		"a word":               {[]string{"now"}, "", `"now" is not a flag`},
		"an absent file":       {[]string{"-config", "/nowhere/x.yaml"}, "", "no such file"},
	} {
		args := c.args
		if c.file != "" {
			args = append(args, "-config", written(t, c.file))
		}
		if _, err := readConfig(args, dialects(), io.Discard); err == nil || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestConfig_OfTheCommandLine_ExplainsItself(t *testing.T) {
	var out bytes.Buffer
	if _, err := readConfig([]string{"-h"}, dialects(), &out); !errors.Is(err, flag.ErrHelp) || strings.Count(out.String(), "-keep-sessions") != 1 {
		t.Errorf("-h: %v\n%s", err, &out)
	}
	out.Reset()
	if _, err := readConfig([]string{"-lisen", "x"}, dialects(), &out); !errors.Is(err, errUsage) || strings.Count(out.String(), "flag provided but not defined: -lisen") != 1 {
		t.Errorf("a wrong flag: %v\n%s", err, &out)
	}
}

func TestRun_WithoutAKnownCommand_SaysWhatThereIs(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		text string
	}{
		{nil, 2, "usage: hearth COMMAND"},
		{[]string{"fly"}, 2, `no command "fly"`},
		{[]string{"help"}, 0, "serve"},
		{[]string{"-h"}, 0, "serve"},
		{[]string{"version"}, 0, "hearth "},
		{[]string{"session"}, 2, "hearth session list"},
		{[]string{"session", "show"}, 2, "hearth session show ID"},
		{[]string{"session", "list", "x"}, 2, "usage"},
		{[]string{"session", "list", "-data", "/nowhere"}, 1, "no server runs on the data directory /nowhere"},
		{[]string{"session", "help"}, 0, "hearth session list"},
		{[]string{"session", "ls"}, 2, `no command "session ls"`},
		{[]string{"runtime", "-h"}, 0, "hearth runtime list"},
		{[]string{"version", "-h"}, 2, "usage: hearth version"},
		{[]string{"serve", "-x"}, 2, "-x"},
		{[]string{"serve", "now"}, 2, `"now" is not a flag`},
		{[]string{"serve", "-account", "1"}, 1, "12 digits"},
	} {
		var out bytes.Buffer
		if code := run(c.args, &out, &out); code != c.code || !strings.Contains(out.String(), c.text) {
			t.Errorf("%v: %d\n%s", c.args, code, &out)
		}
	}
}

// A setting that no page names is known to its author alone.
func TestSettings_Each_IsExplainedInTheDocs(t *testing.T) {
	page := func(name string) string {
		text, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	serve := page("serve.md")
	c := defaultConfig(dialects())
	flags, _ := serveFlags(&c, io.Discard)
	flags.VisitAll(func(f *flag.Flag) {
		if !strings.Contains(serve, "`-"+f.Name) {
			t.Errorf("docs/serve.md does not explain -%s", f.Name)
		}
	})
	explained := func(of reflect.Type, name, form string) {
		for field := range of.Fields() {
			key, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
			if key != "" && !strings.Contains(page(name), fmt.Sprintf(form, key)) {
				t.Errorf("docs/%s does not explain the key %s", name, key)
			}
			if of := field.Type; key != "" && of.Kind() == reflect.Slice && of.Elem().Kind() == reflect.Struct {
				for inner := range of.Elem().Fields() {
					if key := inner.Tag.Get("yaml"); !strings.Contains(page(name), key+":") {
						t.Errorf("docs/%s does not explain the key %s", name, key)
					}
				}
			}
		}
	}
	explained(reflect.TypeFor[config](), "serve.md", "| `%s")
	for _, row := range dialects() {
		if of := reflect.TypeOf(row.settings()).Elem(); of.NumField() > 0 && of.Field(0).Tag != "" {
			explained(of, settingsPage[row.name], "\n  %s:")
		}
	}
}

// settingsPage is the page that explains the settings of a dialect.
var settingsPage = map[string]string{"livy": "migrate-livy.md", "dli": "dialects/dli.md"}
