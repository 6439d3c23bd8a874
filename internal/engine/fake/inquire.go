package fake

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"hearth/internal/engine"
)

// steps are the verbs of scripts.
func steps() []string {
	return []string{
		"crash", "degrade", "display", "error", "exit", "hang", "ignore_interrupt", "oom", "print", "progress",
		"sleep", "stream", "value", "warn",
	}
}

// Complete implements engine.Instance, also while a statement runs.
func (c *conn) Complete(ctx context.Context, lang engine.Language, code string, cursor int) ([]string, error) {
	if err := c.answers(ctx, lang); err != nil {
		return nil, fmt.Errorf("complete: %w", err)
	}
	if f := c.in.behaviour.Complete; f != nil {
		return f(lang, code, cursor), nil
	}
	word := wordAt(code, cursor)
	return slices.DeleteFunc(steps(), func(step string) bool { return !strings.HasPrefix(step, word) }), nil
}

// Describe implements engine.Instance, also while a statement runs.
func (c *conn) Describe(ctx context.Context, lang engine.Language, code string, cursor int) (map[string]string, error) {
	if err := c.answers(ctx, lang); err != nil {
		return nil, fmt.Errorf("describe: %w", err)
	}
	if f := c.in.behaviour.Describe; f != nil {
		return f(lang, code, cursor), nil
	}
	word := wordAt(code, cursor)
	if !slices.Contains(steps(), word) {
		return nil, nil
	}
	return map[string]string{"text/plain": word + " is a step of a script"}, nil
}

func (c *conn) answers(ctx context.Context, lang engine.Language) error {
	if err := c.usable(ctx); err != nil {
		return err
	}
	if !slices.Contains(c.in.languages, lang) {
		return fmt.Errorf("%w: language %q", engine.ErrUnsupported, lang)
	}
	return nil
}

// wordAt is what stands before the cursor.
func wordAt(code string, cursor int) string {
	before := string([]rune(code)[:cursor])
	return before[strings.LastIndexAny(before, " ;\n")+1:]
}
