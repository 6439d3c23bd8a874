package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
)

// Listen opens the address. Without authentication every credential is accepted, so an address that
// others can reach is refused.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("listen on %q: %w; an address looks like 127.0.0.1:8998", address, err)
	}
	if err := onlyLoopback(ctx, address, host); err != nil {
		return nil, err
	}
	var c net.ListenConfig
	l, err := c.Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%w; is it Livy, or another hearth? Choose another address with -listen", err)
	}
	if err != nil {
		return nil, err
	}
	// Names can change between the two look-ups; what is open now cannot.
	if a, ok := l.Addr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
		l.Close()
		return nil, exposed(address)
	}
	return l, nil
}

func onlyLoopback(ctx context.Context, address, host string) error {
	if host == "" {
		return exposed(address)
	}
	addresses, err := net.DefaultResolver.LookupIPAddr(ctx, host)
	if err != nil {
		return fmt.Errorf("listen on %q: %w", address, err)
	}
	for _, a := range addresses {
		if !a.IP.IsLoopback() {
			return exposed(address)
		}
	}
	return nil
}

func exposed(address string) error {
	return fmt.Errorf("refusing to listen on %q: it is not a loopback address, and without authentication anybody who "+
		"reaches it could run code here. Set -listen to a loopback address such as 127.0.0.1:8998, and for other "+
		"machines put an SSH tunnel or a proxy that authenticates in front (-host takes its name)", address)
}
