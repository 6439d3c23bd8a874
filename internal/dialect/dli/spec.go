package dli

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"hearth/internal/dialect"
	"hearth/internal/engine"
)

// spec says what the engine is to start; version is that of Spark, "" for any.
func (d *api) spec(ctx context.Context, a *asked, s shape, version string) (engine.Spec, error) {
	api := Name
	if version != "" {
		api = "spark"
	}
	runtime, note, err := d.Runtimes.Resolve(api, version)
	if err != nil {
		return engine.Spec{}, err
	}
	spec := engine.Spec{
		Launch: engine.Launch{Runtime: runtime},
		Setup:  engine.Setup{AppName: a.appName()},
	}
	conf, left := dialect.SparkKeys(a.conf)
	delete(conf, "spark.app.name") // it is the name of the application
	spec.Setup.Conf = conf
	a.sizeConf(s, spec.Setup.Conf)
	if err := d.unpack(ctx, a, &spec); err != nil {
		return engine.Spec{}, err
	}
	notes := append([]string{note}, a.notes...)
	if len(a.unknown) > 0 {
		notes = append(notes, "left out of the request, because the API has no such field: "+quoted(a.unknown))
	}
	if len(left) > 0 {
		notes = append(notes, "left out of conf, because Spark's keys begin with spark.: "+quoted(left))
	}
	spec.Notes = slices.DeleteFunc(notes, func(s string) bool { return s == "" })
	return spec, nil
}

// appName is the name that Spark shows, "" if the request has none that can be.
func (a *asked) appName() string {
	for _, name := range []string{a.name, a.conf["spark.app.name"]} {
		if name != "" && strings.IndexFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
			return name
		}
	}
	return ""
}

// sizeConf shows the shape in the running SparkConf. A field of the request wins over conf, and
// conf over the type. The memory of a type's driver is not among it: the engine would honour it as
// an explicit wish, and every session of the smallest type would have 7 GB.
func (a *asked) sizeConf(s shape, conf map[string]string) {
	for _, one := range []struct {
		key, value string
		asked      bool
	}{
		{"spark.executor.cores", strconv.Itoa(s.executorCores), a.executorCores > 0},
		{"spark.executor.instances", strconv.Itoa(s.executors), a.numExecutors > 0},
		{"spark.executor.memory", strconv.Itoa(s.executorMemory) + "m", a.executorMemory != ""},
	} {
		if _, set := conf[one.key]; one.asked || !set {
			conf[one.key] = one.value
		}
	}
	if a.driverMemory != "" {
		conf["spark.driver.memory"] = strconv.Itoa(s.driverMemory) + "m"
	}
}

// quoted is a short list of names that a client chose.
func quoted(names []string) string {
	var b strings.Builder
	for i, name := range names {
		if i == 20 {
			b.WriteString(", …")
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.Quote(name[:min(len(name), 60)]))
	}
	return b.String()
}
