package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// bareMachine is a machine with nothing but what programs says: names of programs to their shell
// scripts.
func bareMachine(t *testing.T, programs map[string]string) {
	t.Helper()
	bin := t.TempDir()
	for name, text := range programs {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin)
	t.Setenv("JAVA_HOME", "")
	t.Setenv("HEARTH_PYTHON", "")
	t.Setenv("HEARTH_RUNTIMES", t.TempDir())
}

func doctor(t *testing.T, args ...string) (code int, findings map[string]finding, text string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = runDoctor(t.Context(), append(args, "-data", t.TempDir(), "-json"), &out, &errs)
	var answer struct {
		Findings []finding `json:"findings"`
	}
	if err := json.Unmarshal(out.Bytes(), &answer); err != nil {
		t.Fatalf("%v in %s%s", err, &out, &errs)
	}
	findings = map[string]finding{}
	for _, f := range answer.Findings {
		findings[f.Name] = f
	}
	return code, findings, out.String()
}

func TestDoctor_NoPython_SaysWhatToInstall(t *testing.T) {
	bareMachine(t, nil)
	code, found, _ := doctor(t)
	if f := found["python"]; code != 1 || f.State != findingMissing || f.Fix == "" {
		t.Errorf("code %d, %+v", code, f)
	}
}

func TestDoctor_PythonWithoutPip_SaysWhatToInstall(t *testing.T) {
	bareMachine(t, map[string]string{"python3": `echo '{"path":"/usr/bin/python3","version":"3.11.2","venv":true}'`})
	code, found, _ := doctor(t)
	if f := found["pip"]; code != 1 || f.State != findingMissing || f.Fix == "" {
		t.Errorf("code %d, %+v", code, f)
	}
}

func TestDoctor_PythonOnly_SaysWhichRuntimeAndWhy(t *testing.T) {
	for version, want := range map[string]string{"3.11.2": "spark-3.5", "3.13.0": "spark-4.1"} {
		bareMachine(t, map[string]string{"python3": `echo '{"path":"p","version":"` + version + `","venv":true,"ensurepip":true}'`})
		code, found, text := doctor(t)
		if f := found["python"]; f.State != findingOK || !strings.Contains(f.Text, "default runtime is "+want) {
			t.Errorf("Python %s: %+v", version, f)
		}
		if f := found[want]; code != 1 || f.State != findingMissing || f.Fix != "hearth runtime install "+want {
			t.Errorf("Python %s: code %d, %+v in %s", version, code, f, text)
		}
	}
}

func TestDoctor_OfTheMachine_SaysWhatASessionGets(t *testing.T) {
	bareMachine(t, nil)
	_, found, _ := doctor(t)
	if f := found["machine"]; !strings.Contains(f.Text, fmt.Sprintf("%d cores, %d MiB of memory", runtime.NumCPU(), memoryMB())) || !strings.Contains(f.Text, "there is room for ") {
		t.Errorf("%+v", f)
	}
}

func TestDoctor_DataNotWritable_SaysSo(t *testing.T) {
	bareMachine(t, nil)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	runDoctor(t.Context(), []string{"-data", filepath.Join(file, "data")}, &out, &errs)
	if !strings.Contains(out.String(), "cannot be written") {
		t.Errorf("it says %s", &out)
	}
}
