package server

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"hearth/internal/session"
)

// ticket lets its bearer see one page of one session for a while. Tickets are sealed with a key
// that lives as long as the process, so nothing is stored.
type ticket struct {
	Purpose string `json:"p"`
	// SessionID is the internal id: a ticket does not outlive its session to serve another one that
	// got the same external id.
	SessionID string `json:"s"`
	Expires   int64  `json:"e"` // Unix seconds
	Nonce     string `json:"n"`
}

// Purposes of tickets. One for one page is none for another.
const (
	forDashboard = "dashboard"
	forCookie    = "dashboard-cookie"
	forLog       = "log"
)

// tickets seals and reads tickets and remembers which were spent.
type tickets struct {
	key [32]byte

	mu    sync.Mutex
	spent map[string]int64 // nonce -> expiry
}

func newTickets() *tickets {
	t := &tickets{spent: map[string]int64{}}
	rand.Read(t.key[:]) // never fails: crypto/rand ends the program instead
	return t
}

func (t *tickets) seal(purpose string, s session.Session, life time.Duration) string {
	text, err := json.Marshal(ticket{
		Purpose: purpose, SessionID: s.ID, Expires: time.Now().Add(life).Unix(), Nonce: rand.Text(),
	})
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	return encode(text) + "." + encode(t.sum(text))
}

var errTicket = errors.New("the token is not valid or has expired")

func (t *tickets) open(sealed, purpose string) (ticket, error) {
	coded, mac, _ := strings.Cut(sealed, ".")
	text, err1 := base64.RawURLEncoding.DecodeString(coded)
	sum, err2 := base64.RawURLEncoding.DecodeString(mac)
	if err1 != nil || err2 != nil || !hmac.Equal(sum, t.sum(text)) {
		return ticket{}, errTicket
	}
	var found ticket
	if err := json.Unmarshal(text, &found); err != nil {
		return ticket{}, errTicket
	}
	if found.Purpose != purpose || found.Expires <= time.Now().Unix() {
		return ticket{}, errTicket
	}
	return found, nil
}

// spend uses a ticket up and reports whether it was still good.
func (t *tickets) spend(one ticket) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now().Unix()
	for nonce, expires := range t.spent {
		if expires <= now {
			delete(t.spent, nonce)
		}
	}
	if _, gone := t.spent[one.Nonce]; gone {
		return false
	}
	t.spent[one.Nonce] = one.Expires
	return true
}

func (t *tickets) sum(text []byte) []byte {
	mac := hmac.New(sha256.New, t.key[:])
	mac.Write(text)
	return mac.Sum(nil)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
