package local

import "sync"

// keyLock is a mutex per key. The zero value is ready.
type keyLock struct {
	mu   sync.Mutex
	held map[string]*keyed
}

type keyed struct {
	mu    sync.Mutex
	users int
}

// lock locks the mutex of the key and returns the function that unlocks it.
func (l *keyLock) lock(key string) (unlock func()) {
	l.mu.Lock()
	if l.held == nil {
		l.held = map[string]*keyed{}
	}
	k := l.held[key]
	if k == nil {
		k = &keyed{}
		l.held[key] = k
	}
	k.users++
	l.mu.Unlock()
	k.mu.Lock()
	return func() {
		k.mu.Unlock()
		l.mu.Lock()
		defer l.mu.Unlock()
		if k.users--; k.users == 0 {
			delete(l.held, key)
		}
	}
}
