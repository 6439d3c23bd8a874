package server

import (
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"hearth/internal/reqevent"
	"hearth/internal/session"
)

// uiTransport reaches the UIs of sessions. It uses no proxy of the environment and follows nothing.
var uiTransport http.RoundTripper = &http.Transport{
	DialContext:           (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
	ResponseHeaderTimeout: time.Minute,
	IdleConnTimeout:       30 * time.Second,
	MaxIdleConnsPerHost:   4,
	DisableCompression:    true,
}

// proxy passes a request on to the session's Spark UI. Where to is what the session's engine
// registered, never anything in the request.
func (s *Server) proxy(w http.ResponseWriter, r *http.Request, of session.Session) {
	if address, err := netip.ParseAddrPort(of.Info.UIAddress); err != nil || !address.Addr().IsLoopback() {
		plain(w, http.StatusBadGateway, "The address of the session's Spark UI is not a loopback address.")
		return
	}
	if strings.Contains(r.URL.Path, "/kill") && !fromPage(r, dashboardPath+of.ID+"/") {
		// Spark kills jobs on GET; a link on another page must not.
		plain(w, http.StatusForbidden, "Jobs and stages can be killed from the Spark UI's own pages only.")
		return
	}
	prefix := strings.TrimSuffix(dashboardPath+of.ID, "/")
	policy := uiPolicy(r, prefix)
	p := &httputil.ReverseProxy{
		Transport:      uiTransport,
		Rewrite:        func(out *httputil.ProxyRequest) { rewriteRequest(out, of, prefix) },
		ModifyResponse: func(resp *http.Response) error { return rewriteResponse(resp, of, prefix, policy) },
		ErrorLog:       slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelDebug),
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			reqevent.From(r.Context()).Err = err
			plain(w, http.StatusBadGateway, "The session's Spark UI does not answer.")
		},
	}
	p.ServeHTTP(w, r)
}

// rewriteRequest aims a request at the UI. Spark's pages take the prefix of their own links from
// X-Forwarded-Context (org.apache.spark.ui.UIUtils.uiRoot).
func rewriteRequest(p *httputil.ProxyRequest, of session.Session, prefix string) {
	page := strings.TrimPrefix(p.In.URL.Path, prefix)
	if page == "/" {
		// Spark redirects its root to the jobs. sagemaker-studio 1.3.27 takes the address it ends
		// at for the base of the REST API, so it must not move.
		page = "/jobs/"
	}
	query := p.In.URL.Query()
	query.Del("doAs") // Spark would take it for the user's name
	p.Out.URL = &url.URL{Scheme: "http", Host: of.Info.UIAddress, Path: page, RawQuery: query.Encode()}
	p.Out.Host = of.Info.UIAddress
	for _, h := range []string{"Cookie", "Authorization", "Upgrade", "Connection", "Forwarded", "Origin", "Referer"} {
		p.Out.Header.Del(h)
	}
	for h := range p.Out.Header {
		if strings.HasPrefix(h, "X-") {
			p.Out.Header.Del(h)
		}
	}
	p.Out.Header.Set("X-Forwarded-Context", prefix)
	p.Out.Header.Set("X-Hearth-Secret", string(of.Info.UISecret))
}

// fromPage reports whether a page below the path made the request. Browsers say so by
// Sec-Fetch-Site, but for a server whose name is not that of this machine and that has no TLS;
// there the Referer says it.
func fromPage(r *http.Request, below string) bool {
	if r.Header.Get("Sec-Fetch-Site") != "" {
		return sameOrigin(r)
	}
	from, err := url.Parse(r.Referer())
	return err == nil && from.Host == r.Host && strings.HasPrefix(from.Path, below)
}

// uiHeaders are the headers that a UI may set. Others speak for the whole origin, such as
// Service-Worker-Allowed, Clear-Site-Data and Strict-Transport-Security, or lead elsewhere.
var uiHeaders = []string{
	"Accept-Ranges", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Length", "Content-Range", "Content-Type",
	"Date", "Etag", "Last-Modified", "Location", "Retry-After", "Vary",
}

// rewriteResponse takes out of an answer what is not the UI's to say.
func rewriteResponse(resp *http.Response, of session.Session, prefix, policy string) error {
	h := resp.Header
	for name := range h {
		if !slices.Contains(uiHeaders, name) {
			delete(h, name)
		}
	}
	if location := h.Get("Location"); location != "" {
		h.Set("Location", relocate(location, of.Info.UIAddress, prefix))
	}
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	return nil
}

// relocate maps an address of the UI to one of ours. Any other becomes the UI's root: the UI has no
// business sending people elsewhere.
func relocate(location, address, prefix string) string {
	to, err := url.Parse(location)
	if err != nil || to.Host != "" && to.Host != address || !strings.HasPrefix(to.Path, "/") {
		return prefix + "/"
	}
	page := path.Clean(to.Path)
	if strings.HasSuffix(to.Path, "/") && page != "/" {
		page += "/"
	}
	if page != prefix && !strings.HasPrefix(page, prefix+"/") {
		page = prefix + page
	}
	return (&url.URL{Path: page, RawQuery: to.RawQuery, Fragment: to.Fragment}).String()
}

// uiPolicy keeps what runs in a Spark UI's page inside that UI. Code of a session chooses job
// descriptions and environment values that the pages show; if one of them ever became a script, it
// could reach nothing else of this server.
func uiPolicy(r *http.Request, prefix string) string {
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	own, origin := scheme+r.Host+prefix+"/", " allow-same-origin"
	if strings.HasPrefix(r.Host, "[") {
		// The grammar of policies has no IPv6 addresses. Without an origin of its own the page can
		// ask nobody for anything.
		own, origin = "'self'", ""
	}
	return "default-src 'none'; script-src " + own + " 'unsafe-inline'; style-src " + own + " 'unsafe-inline'; img-src " + own +
		" data:; font-src " + own + " data:; connect-src " + own + "; form-action " + own +
		"; frame-ancestors 'none'; base-uri 'none'; sandbox allow-scripts" + origin + " allow-forms allow-modals"
}
