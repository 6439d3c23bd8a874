package jvm_test

import (
	"testing"
	"time"

	"hearth/internal/kernel"
)

func TestAgent(t *testing.T) {
	rt := runtimeUnderTest(t)
	t.Run("Start_TellsHelloGatewayReady", func(t *testing.T) {
		a := start(t, rt, nil)
		at := func(what kernel.Type) kernel.Frame {
			f := a.await(what)
			t.Logf("%s after %v", what, time.Since(a.began).Round(time.Millisecond))
			return f
		}
		at(kernel.Hello)
		g := at(kernel.Gateway)
		r := at(kernel.Ready)
		t.Logf("%+v", *r.Info)
		p, ok := dial(t, g.Port, g.Secret)
		if !ok {
			t.Fatal("the gateway refused its secret")
		}
		p.must("t", "beginStatement", 1, "first")
		session := p.must("t", "sparkSession")
		began := time.Now()
		df := p.must(session, "range", 100)
		t.Log(p.must(df, "count"), time.Since(began))
		t.Log(a.log)
	})
}
