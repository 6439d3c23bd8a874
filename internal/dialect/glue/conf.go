package glue

import (
	"regexp"
	"strings"
)

// The value of --conf is one string, "k=v --conf k2=v2 …": the console's form of a second --conf.
// dbt-glue's README begins it with another "--conf ", its YAML blocks bring newlines with or
// without the word, and people write commas. Commas and newlines separate only before something
// that looks like a key, because values contain them too (spark.sql.extensions=a,b).
var (
	confWord = regexp.MustCompile(`(?:^|\s)--conf(?:\s+|=|$)`)
	confLead = regexp.MustCompile(`^(?:--conf(?:\s+|=|$))+`)
	confNext = regexp.MustCompile(`(?:\s*\n\s*|\s*,\s*)["']?(spark\.[A-Za-z0-9_.\-]+\s*=)`)
	confKey  = regexp.MustCompile(`^[A-Za-z0-9_.\-]+$`)
)

// setting is one key of a Spark configuration.
type setting struct{ key, value string }

// parseConf reads the value of --conf. Of a repeated key the last one counts, as with spark-submit;
// the caller sees all in order. Values keep their inner spaces, equals signs and quotes; one pair
// of quotes around a whole setting or a whole value is taken off.
func parseConf(text string) ([]setting, error) {
	var all []setting
	for _, part := range splitConf(text) {
		// A second "--conf" in a row is left at the start of its setting.
		part = confLead.ReplaceAllString(strings.TrimSpace(part), "")
		if part == "" {
			continue
		}
		one, err := parseSetting(part)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// splitConf cuts the text at every separator that does not lie in quotes.
func splitConf(text string) []string {
	var parts []string
	for _, segment := range cutOutside(text, confWord.FindAllStringIndex(text, -1)) {
		found := confNext.FindAllStringSubmatchIndex(segment, -1)
		cuts := make([][]int, len(found))
		for i, m := range found {
			// Up to the key, but not over a quote that opens before it.
			end := m[2]
			if end > 0 && (segment[end-1] == '"' || segment[end-1] == '\'') {
				end--
			}
			cuts[i] = []int{m[0], end}
		}
		parts = append(parts, cutOutside(segment, cuts)...)
	}
	return parts
}

// cutOutside removes the given ranges from the text and returns what is between them, except ranges
// that lie in a quoted setting or value.
func cutOutside(text string, cuts [][]int) []string {
	var parts []string
	from := 0
	for _, cut := range cuts {
		if cut[0] < from || openQuote(text[from:cut[0]], text[cut[0]:]) {
			continue
		}
		parts = append(parts, text[from:cut[0]])
		from = cut[1]
	}
	return append(parts, text[from:])
}

// openQuote reports whether before begins a quoted setting or value that after closes. A quote
// elsewhere in a value is a character like any other.
func openQuote(before, after string) bool {
	before = strings.TrimSpace(before)
	for _, start := range []string{before, valueOf(before)} {
		start = strings.TrimSpace(start)
		if start == "" || start[0] != '"' && start[0] != '\'' {
			continue
		}
		quote := start[:1]
		if !strings.Contains(start[1:], quote) && strings.Contains(after, quote) {
			return true
		}
	}
	return false
}

func valueOf(setting string) string {
	_, value, _ := strings.Cut(setting, "=")
	return value
}

func parseSetting(part string) (setting, error) {
	part = unquote(part)
	key, value, ok := strings.Cut(part, "=")
	key = strings.TrimSpace(key)
	switch {
	case !ok:
		return setting{}, invalid("--conf: %q is not of the form key=value.", shorten(part))
	case !confKey.MatchString(key):
		return setting{}, invalid("--conf: %q is not the name of a Spark property.", shorten(key))
	}
	return setting{key: key, value: unquote(strings.TrimSpace(value))}, nil
}

// unquote takes off one pair of quotes around the whole text, unless the same quote occurs inside,
// where it means something to whoever reads the value.
func unquote(s string) string {
	if len(s) < 2 || s[0] != s[len(s)-1] || s[0] != '"' && s[0] != '\'' {
		return s
	}
	inner := s[1 : len(s)-1]
	if strings.Contains(inner, s[:1]) {
		return s
	}
	return inner
}

// shorten bounds what of a request goes into a message.
func shorten(s string) string {
	if runes := []rune(s); len(runes) > 100 {
		return string(runes[:100]) + "…"
	}
	return s
}
