package fake

import "hearth/internal/engine"

// Disconnect cuts every connection to the instance, as when the server that held them dies. The
// instance lives on.
func (d *Driver) Disconnect(id string) {
	if in, err := d.find(id); err == nil {
		in.disconnect()
	}
}

// Report makes the instance report an event out of turn.
func (d *Driver) Report(id string, ev engine.Event) {
	if in, err := d.find(id); err == nil {
		in.emit(ev)
	}
}

// End ends the instance from outside with this exit.
func (d *Driver) End(id string, exit engine.Exit) {
	if in, err := d.find(id); err == nil {
		in.end(exit)
	}
}

// Ran lists the numbers of the statements that really began to run, in order, so that a test can
// show that none ran twice.
func (d *Driver) Ran(id string) []int64 {
	in, err := d.find(id)
	if err != nil {
		return nil
	}
	return in.ranNumbers()
}

// Close ends every instance and connection. A test in a synctest bubble calls it at its end, so
// that nothing waits in the bubble.
func (d *Driver) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, in := range d.instances {
		in.end(engine.Exit{Cause: engine.CauseLost, Process: "supervisor", Message: "The fake driver was closed."})
		in.disconnect()
	}
	return nil
}

// Kill ends the driver as kill -9 ends its server: connections are cut and scripts stop where they
// are. Another Open on the directory finds the instances.
func (d *Driver) Kill() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, in := range d.instances {
		in.abandon()
		in.disconnect()
	}
	d.instances = map[string]*instance{}
	d.killed = true
}

// abandon stops an instance without an end.
func (in *instance) abandon() {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.abandoned {
		return
	}
	in.abandoned = true
	if in.exit == nil {
		close(in.ended)
	}
	in.journal.close()
}
