package house

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// commentWidth is the widest line of a comment in columns; a tab is four.
const commentWidth = 100

// generated files are written as their generators write them.
var generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

// private are phrases that readers of Go do not know, with those that they do.
var private = map[*regexp.Regexp]string{
	regexp.MustCompile(`(?i)\btells whether\b`): "reports whether",
	regexp.MustCompile(`(?i)\bis a stranger\b`): "is not known here",
}

// commentLine matches a line that is all comment, by the extension of its file, up to its text.
var commentLine = map[string]*regexp.Regexp{
	".go":    regexp.MustCompile(`^\t*// `),
	".py":    regexp.MustCompile(`^ *# `),
	".scala": regexp.MustCompile(`^ *(//|/\*\*?|\*) `),
}

func TestComments_HaveOneWidthAndGosPhrases(t *testing.T) {
	checked := map[string]int{}
	for _, file := range tracked(t) {
		extension := filepath.Ext(file)
		begin := commentLine[extension]
		if begin == nil {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root(t), file))
		if os.IsNotExist(err) || generated.Match(text) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		number := 0
		for line := range strings.Lines(string(text)) {
			number++
			line = strings.TrimRight(line, "\n")
			comment := begin.ReplaceAllString(line, "")
			if comment == line {
				continue
			}
			checked[extension]++
			columns := len([]rune(strings.ReplaceAll(line, "\t", "    ")))
			if columns > commentWidth && strings.Contains(strings.TrimSpace(comment), " ") {
				t.Errorf("%s:%d: a comment of %d columns, not %d", file, number, columns, commentWidth)
			}
			for phrase, better := range private {
				if phrase.MatchString(comment) && file != "internal/house/comments_test.go" {
					t.Errorf("%s:%d: say %q", file, number, better)
				}
			}
		}
	}
	for extension, least := range map[string]int{".go": 1000, ".py": 100, ".scala": 50} {
		if checked[extension] < least {
			t.Errorf("only %d lines of comments were found in files of %s", checked[extension], extension)
		}
	}
}
