package livy

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"hearth/internal/dialect"
	"hearth/internal/engine"
	"hearth/internal/memsize"
	"hearth/internal/session"
)

// spec says what the engine is to start.
func (d *api) spec(ctx context.Context, own record) (engine.Spec, error) {
	runtime, note, err := d.Runtimes.Resolve(Name, "")
	if err != nil {
		return engine.Spec{}, err
	}
	spec := engine.Spec{
		Launch: engine.Launch{Runtime: runtime},
		Setup:  engine.Setup{AppName: own.Name, Language: sessionLanguage(own.Kind)},
	}
	if name := own.Conf[appName]; spec.Setup.AppName == "" && printable(name) {
		spec.Setup.AppName = name
	}
	lists := newFileLists(own)
	spec.Setup.Conf = sparkConf(own.Conf, lists)
	if err := lists.add(&spec); err != nil {
		return engine.Spec{}, err
	}
	if err := applySize(own, &spec); err != nil {
		return engine.Spec{}, err
	}
	notes := []string{note}
	if own.Queue != "" {
		spec.Setup.Conf["spark.yarn.queue"] = own.Queue
		notes = append(notes, "queue "+strconv.Quote(own.Queue)+" has no meaning here")
	}
	if own.ProxyUser != "" {
		notes = append(notes, "proxy user "+strconv.Quote(own.ProxyUser)+" is recorded; the session runs as the user of the server")
	}
	spec.Notes = slices.DeleteFunc(notes, func(s string) bool { return s == "" })
	return spec, nil
}

// appName is the key that names the application; a session's own name wins.
const appName = "spark.app.name"

// sparkConf takes over the keys that Spark would take; the others are only shown again (Livy's
// Python client sends livy.uri). Keys that list files go to lists, so that every file passes the
// same gate, whichever way it is named.
func sparkConf(asked map[string]string, lists fileLists) map[string]string {
	conf, _ := dialect.SparkKeys(asked)
	delete(conf, appName)
	for _, key := range slices.Sorted(maps.Keys(conf)) {
		if list := lists.of(key); list != nil {
			*list = append(*list, commaList(conf[key])...)
			delete(conf, key)
		}
	}
	return conf
}

// Sizes of what a request leaves open, as Spark has them.
const (
	defaultCores    = 1
	defaultMemoryMB = 1024
)

// applySize shows the sizes asked for in the running SparkConf.
func applySize(own record, spec *engine.Spec) error {
	for _, one := range []struct{ field, value string }{{"driverMemory", own.DriverMemory}, {"executorMemory", own.ExecutorMemory}} {
		if _, ok := memsize.Parse(one.value); one.value != "" && (!ok || strings.Contains(one.value, " ")) {
			return refused("%s must be a number with k, m, g or t after it, not %s", one.field, strconv.Quote(one.value))
		}
	}
	if own.DriverMemory != "" {
		// The field wins, and is no bound: executors that were asked for come on top.
		delete(spec.Setup.Conf, "spark.driver.memory")
	}
	if own.ExecutorMemory != "" {
		spec.Setup.Conf["spark.executor.memory"] = own.ExecutorMemory
	}
	setCount(spec.Setup.Conf, "spark.executor.cores", own.ExecutorCores)
	setCount(spec.Setup.Conf, "spark.executor.instances", own.NumExecutors)
	if own.executors() == 0 {
		setCount(spec.Setup.Conf, "spark.driver.cores", own.DriverCores)
	}
	return nil
}

func setCount(conf map[string]string, key string, n int) {
	if n > 0 {
		conf[key] = strconv.Itoa(n)
	}
}

// asksForSize reports whether a request says anything about its size.
func (s record) asksForSize() bool {
	return s.DriverMemory != "" || s.DriverCores > 0 || s.ExecutorMemory != "" || s.ExecutorCores > 0 || s.NumExecutors > 0
}

// maxExecutors keeps products with it finite.
const maxExecutors = 10000

// executors is how many executors a request means.
func (s record) executors() int {
	if s.NumExecutors <= 0 && (s.ExecutorCores > 0 || s.ExecutorMemory != "") {
		return 1
	}
	return min(s.NumExecutors, maxExecutors)
}

// sizeOf returns the nominal size of a session: its driver and its executors. Livy has no unit of
// accounting, so a unit is a worker. A request that says nothing leaves its size to the engine.
func sizeOf(own record) session.Size {
	if !own.asksForSize() {
		return session.Size{Units: 1}
	}
	return session.Size{
		Workers:           1 + own.executors(),
		CoresPerWorker:    min(orDefault(own.ExecutorCores, defaultCores), maxExecutors),
		MemoryMBPerWorker: orDefault(memoryMB(own.ExecutorMemory), defaultMemoryMB),
		DriverCores:       orDefault(own.DriverCores, defaultCores),
		DriverMemoryMB:    orDefault(memoryMB(own.DriverMemory), defaultMemoryMB),
		DriverAsked:       own.DriverMemory != "",
		Units:             float64(1 + own.executors()),
	}
}

func orDefault(n, otherwise int) int {
	if n <= 0 {
		return otherwise
	}
	return n
}

// memoryMB returns a size in MiB, 0 if there is none to read.
func memoryMB(text string) int {
	size, _ := memsize.Parse(text)
	return size.MB
}
