//go:build e2e

package main

import "testing"

func TestServer_RealSparkBesideTheFakeEngineKilled_EachGetsItsOwnInstancesBack(t *testing.T) {
	survive(t, []string{realSpark + "=1"}, glueClient("import time\nwhile True: time.sleep(60)", "spark.range(2).count()"))
}
