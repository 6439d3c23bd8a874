package spark_test

import (
	"testing"

	"hearth/internal/engine"
	"hearth/internal/engine/spark"
)

func TestScale(t *testing.T) {
	small, big := spark.Machine{Cores: 2, MemoryMB: 8192}, spark.Machine{Cores: 24, MemoryMB: 131072}
	conf := func(kv ...string) map[string]string { return map[string]string{kv[0]: kv[1]} }
	tests := []struct {
		rule    string
		launch  engine.Launch
		machine spark.Machine
		want    spark.Given
	}{
		{"nothing asked gives the default", engine.Launch{}, big, spark.Given{Cores: 2, MemoryMB: 2048}},
		{"what fits is given", engine.Launch{Cores: 8, MemoryMB: 16384}, big, spark.Given{Cores: 8, MemoryMB: 16384}},
		{"no more cores than the machine, no more than a quarter of its memory", engine.Launch{Cores: 20, MemoryMB: 81920}, small, spark.Given{Cores: 2, MemoryMB: 2048}},
		{"one core at least", engine.Launch{Cores: 4}, spark.Machine{MemoryMB: 8192}, spark.Given{Cores: 1, MemoryMB: 2048}},
		{"the least with which Spark starts", engine.Launch{MemoryMB: 100}, big, spark.Given{Cores: 2, MemoryMB: 512}},
		{"spark.driver.memory counts", engine.Launch{MemoryMB: 81920, Conf: conf("spark.driver.memory", "3g")}, big, spark.Given{Cores: 2, MemoryMB: 3072}},
		{"up to three quarters of the machine", engine.Launch{Conf: conf("spark.driver.memory", "1t")}, small, spark.Given{Cores: 2, MemoryMB: 6144}},
		{"a driver and its executors get the sum", engine.Launch{MemoryMB: 9216, DriverMB: 1024}, big, spark.Given{Cores: 2, MemoryMB: 9216}},
		{"a driver gets more than a quarter", engine.Launch{MemoryMB: 5120, DriverMB: 4096}, small, spark.Given{Cores: 2, MemoryMB: 4096}},
		{"a driver gets three quarters at most", engine.Launch{MemoryMB: 16384, DriverMB: 16384}, small, spark.Given{Cores: 2, MemoryMB: 6144}},
		{"a small driver is small", engine.Launch{MemoryMB: 1024, DriverMB: 1024}, big, spark.Given{Cores: 2, MemoryMB: 1024}},
		{"the conf counts alone", engine.Launch{MemoryMB: 9216, DriverMB: 4096, Conf: conf("spark.driver.memory", "3g")}, big, spark.Given{Cores: 2, MemoryMB: 3072}},
		{"memory without a unit is MiB", engine.Launch{Conf: conf("spark.driver.memory", "1024")}, small, spark.Given{Cores: 2, MemoryMB: 1024}},
		{"units have two letters too", engine.Launch{Conf: conf("spark.driver.memory", "1048576KB")}, small, spark.Given{Cores: 2, MemoryMB: 1024}},
		{"bytes are bytes", engine.Launch{Conf: conf("spark.driver.memory", "1073741824b")}, small, spark.Given{Cores: 2, MemoryMB: 1024}},
		{"an unreadable size is not asked", engine.Launch{Conf: conf("spark.driver.memory", "lots")}, small, spark.Given{Cores: 2, MemoryMB: 2048}},
		{"a size that overflows is not asked", engine.Launch{Conf: conf("spark.driver.memory", "99999999999t")}, small, spark.Given{Cores: 2, MemoryMB: 2048}},
		{"spark.driver.cores counts, up to the machine", engine.Launch{Cores: 1, Conf: conf("spark.driver.cores", "64")}, big, spark.Given{Cores: 24, MemoryMB: 2048}},
	}
	for _, test := range tests {
		t.Run(test.rule, func(t *testing.T) {
			if got := spark.Scale(test.launch, test.machine); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestFootprint_CountsAHeapThatWasAskedForInFull(t *testing.T) {
	machine := spark.Machine{Cores: 8, MemoryMB: 24576}
	conf := map[string]string{"spark.driver.memory": "18g"}
	tests := map[string]struct {
		launch engine.Launch
		want   int
	}{
		"nothing asked":                       {engine.Launch{}, 1024 + 512},
		"a nominal size, a quarter at most":   {engine.Launch{MemoryMB: 81920}, 3072 + 512},
		"a driver":                            {engine.Launch{MemoryMB: 1024, DriverMB: 1024}, 1024 + 512},
		"a driver beyond the machine":         {engine.Launch{MemoryMB: 81920, DriverMB: 81920}, 18432 + 512},
		"spark.driver.memory":                 {engine.Launch{MemoryMB: 81920, Conf: conf}, 18432 + 512},
		"spark.driver.memory that is no size": {engine.Launch{Conf: map[string]string{"spark.driver.memory": "lots"}}, 1024 + 512},
	}
	for name, test := range tests {
		if got := spark.Footprint(test.launch, machine); got != test.want {
			t.Errorf("%s: %d, want %d", name, got, test.want)
		}
	}
}

func TestRoom_LeavesTheSystemAnEighthAndAtLeastAGiB(t *testing.T) {
	for memory, want := range map[int]int{24576: 21504, 8192: 7168, 8200: 7175, 4096: 3072, 1024: 1, 0: 1} {
		if got := spark.Room(spark.Machine{MemoryMB: memory}); got != want {
			t.Errorf("of %d MiB there is room for %d, want %d", memory, got, want)
		}
	}
}

func TestGiven_Line_SaysWhatOfTheMachineWasGiven(t *testing.T) {
	got := spark.Given{Cores: 2, MemoryMB: 2048}.Line(runtime35(), spark.Machine{Cores: 24, MemoryMB: 65536})
	want := "spark 3.5.7, java 17, 2 of 24 cores, 2048 of 65536 MiB memory"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
