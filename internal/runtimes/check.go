package runtimes

import (
	"context"
	_ "embed"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed check.py
var checkScript string

// check really runs statements: plain pyspark with the Java and the packages of the runtime, then what the caller checks.
func (b *build) check(ctx context.Context) error {
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
	b.progress.Update("spark.range(10).count()", 0, 0)
	env := append(slices.Clone(b.env), "JAVA_HOME="+b.inst.JavaHome, "SPARK_LOCAL_IP=127.0.0.1", "PYSPARK_PYTHON="+b.inst.Python)
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
