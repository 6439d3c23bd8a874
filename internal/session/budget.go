package session

import "hearth/internal/engine"

// Budget is how much of this machine all sessions may take together: those of every tenant and
// dialect, batches and deleted ones that still live among them. Zero fields are no bound.
type Budget struct {
	// Instances is how many instances may live at once.
	Instances int
	// MemoryMB is how much memory they may take as their drivers reckon it
	// (engine.Driver.Footprint), in MiB. One instance may take more if it is alone.
	MemoryMB int
	// Starts is how many instances may start at once; the others wait in the order of their
	// creation.
	Starts int
}

// share is the part of the budget that a session has while its runner looks after it.
type share struct {
	held bool
	mb   int
}

// hold gives the session a share of the budget, which it has until its runner ends. Only then
// nothing of its instance is left.
func (r *runner) hold(mb int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.share = share{held: true, mb: mb}
}

// begin is hold and see for a session that was just accepted. What the runner has seen already is
// newer.
func (r *runner) begin(s *Session, mb int) {
	r.expect(mb)
	r.see(s)
}

// expect holds a share for a session whose size is not known yet.
func (r *runner) expect(mb int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.share.held {
		r.share = share{held: true, mb: mb}
	}
}

func (r *runner) held() share {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.share
}

// spent returns how many instances have a share of the budget, and the memory of all, in MiB.
func (m *Manager) spent() (instances, mb int) {
	for _, r := range m.runners.all() {
		if s := r.held(); s.held {
			instances++
			mb += s.mb
		}
	}
	return instances, mb
}

// checkBudget refuses a session for which the machine has no room. The caller holds creating.
func (m *Manager) checkBudget(driver engine.Driver, n NewSession) error {
	instances, mb := m.spent()
	b, wants := m.cfg.Budget, driver.Footprint(n.Spec.Launch)
	switch {
	case instances == 0:
		return nil // alone it may have all there is
	case b.Instances > 0 && instances >= b.Instances:
		return errorf(Quota, ReasonMachine, "The limit of %d live sessions of this server is reached. Stop a session first.", b.Instances)
	case b.MemoryMB > 0 && wants > 0 && mb+wants > b.MemoryMB:
		return errorf(Quota, ReasonMachine,
			"The machine has no memory for another session: %d of %d MiB are taken by %d live sessions, this one needs %d MiB. Stop a session first.",
			mb, b.MemoryMB, instances, wants)
	}
	return nil
}
