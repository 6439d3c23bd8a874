package jvm_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
)

// python is the least of a py4j client: one connection, which is one JVM thread.
type python struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

// dial connects to the gateway and presents a secret; ok reports whether it was taken.
func dial(t *testing.T, port int, secret string) (p *python, ok bool) {
	t.Helper()
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	p = &python{t: t, conn: conn, in: bufio.NewReader(conn)}
	answer, err := p.command("A\n" + secret + "\n")
	return p, err == nil && strings.HasPrefix(answer, "!y")
}

func (p *python) command(c string) (string, error) {
	if _, err := p.conn.Write([]byte(c)); err != nil {
		return "", err
	}
	line, err := p.in.ReadString('\n')
	return strings.TrimSpace(line), err
}

// call calls a method of an object ("t" is the entry point) and returns the answer without its
// head: an object's name, a number, a text. failed reports whether the method threw.
func (p *python) call(object, method string, args ...any) (value string, failed bool) {
	p.t.Helper()
	c := "c\n" + object + "\n" + method + "\n"
	for _, a := range args {
		switch a := a.(type) {
		case int:
			c += fmt.Sprintf("i%d\n", a)
		case int64:
			c += fmt.Sprintf("L%d\n", a)
		case string:
			c += "s" + a + "\n"
		case array:
			c += "r" + string(a) + "\n"
		}
	}
	answer, err := p.command(c + "e\n")
	if err != nil {
		p.t.Fatalf("%s: %v", method, err)
	}
	if len(answer) < 3 {
		return "", !strings.HasPrefix(answer, "!y")
	}
	return answer[3:], !strings.HasPrefix(answer, "!y")
}

// must is call for a method that may not throw.
func (p *python) must(object, method string, args ...any) string {
	p.t.Helper()
	value, failed := p.call(object, method, args...)
	if failed {
		p.t.Fatalf("%s threw %s", method, value)
	}
	return value
}

// array makes a String[] in the JVM, as py4j does for a list where an array is wanted, and returns
// it as an argument.
type array string

func (p *python) strings(values ...string) array {
	p.t.Helper()
	answer, err := p.command(fmt.Sprintf("a\nc\nsjava.lang.String\ni%d\ne\n", len(values)))
	if err != nil || len(answer) < 4 {
		p.t.Fatalf("new String[]: %q, %v", answer, err)
	}
	name := answer[3:]
	for i, v := range values {
		if answer, err := p.command(fmt.Sprintf("a\ns\n%s\ni%d\ns%s\ne\n", name, i, v)); err != nil || !strings.HasPrefix(answer, "!y") {
			p.t.Fatalf("set an element: %q, %v", answer, err)
		}
	}
	return array(name)
}
