// Command apigen writes the Go types, constraints, operation and error tables of an AWS API from
// the model in a pinned botocore.
//
// The model is fetched with pip into the user's cache and checked against a committed checksum;
// only what this program writes is committed. It copies names and constraints, never the model's
// documentation text. What must differ from the model stands in overlay.go with the reason beside
// it. It fails on anything in a model that it does not understand.
//
// Run it with go generate in the package that is generated.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	service := flag.String("service", "", "the API to generate: a name in selections")
	out := flag.String("out", ".", "the directory of the generated package")
	flag.Parse()
	if err := run(*service, *out); err != nil {
		fmt.Fprintln(os.Stderr, "apigen:", err)
		os.Exit(1)
	}
}

func run(service, out string) error {
	chosen, ok := selections[service]
	if !ok {
		return fmt.Errorf("no selection for service %q", service)
	}
	data, err := fetchModel(chosen.model)
	if err != nil {
		return fmt.Errorf("fetch the model of %s: %w", service, err)
	}
	model, err := parseModel(data)
	if err != nil {
		return fmt.Errorf("read the model of %s: %w", service, err)
	}
	if err := model.apply(chosen.overlay); err != nil {
		return fmt.Errorf("overlay of %s: %w", service, err)
	}
	files, err := generate(model, service, chosen)
	if err != nil {
		return fmt.Errorf("generate %s: %w", service, err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(out, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
