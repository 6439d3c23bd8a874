package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestRuntime_WrongCommandLine_Answers2(t *testing.T) {
	bareMachine(t, nil)
	for _, args := range [][]string{nil, {"upgrade"}, {"remove"}, {"install", "a", "b"}, {"list", "x"}, {"install", "-what"}} {
		var out, errs bytes.Buffer
		if code := runRuntime(t.Context(), args, &out, &errs); code != 2 || !strings.Contains(errs.String(), "usage:") || out.Len() > 0 {
			t.Errorf("%q: code %d, %q on stdout, %q on stderr", args, code, &out, &errs)
		}
	}
}

func TestRuntime_ListOnFreshMachine_ShowsTheTable(t *testing.T) {
	bareMachine(t, map[string]string{"python3": `echo '{"path":"p","version":"3.11.2"}'`})
	var out, errs bytes.Buffer
	if code := runRuntime(t.Context(), []string{"list"}, &out, &errs); code != 0 || !strings.Contains(out.String(), "spark-3.5 (default)") {
		t.Errorf("code %d: %s%s", code, &out, &errs)
	}
}

func TestRuntime_InstallUnknown_NamesWhatThereIs(t *testing.T) {
	bareMachine(t, nil)
	var out, errs bytes.Buffer
	if code := runRuntime(t.Context(), []string{"install", "spark-9"}, &out, &errs); code != 1 || !strings.Contains(errs.String(), "spark-3.5, spark-4.1") {
		t.Errorf("code %d: %s", code, &errs)
	}
}

func TestRuntime_InstallWithoutPython_SaysHowToMend(t *testing.T) {
	bareMachine(t, nil)
	var out, errs bytes.Buffer
	if code := runRuntime(t.Context(), []string{"install"}, &out, &errs); code != 1 || !strings.Contains(errs.String(), "to mend: ") {
		t.Errorf("code %d: %s", code, &errs)
	}
}
