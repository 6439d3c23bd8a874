package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"hearth/internal/server"
)

const sessionUsage = `usage:
  hearth session list [-all] [-json] [-data DIR]
  hearth session show ID [-data DIR]
  hearth session logs ID [-data DIR]
  hearth session stop ID [-data DIR]

ID is the internal id, its beginning, or the id that the client chose.
`

// runSession talks to the running server of a data directory. Who may read the token there may use
// it.
func runSession(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	verbs := map[string]func(context.Context, *admin, []string, io.Writer) error{
		"list": sessionList, "show": sessionShow, "logs": sessionLogs, "stop": sessionStop,
	}
	if len(args) == 0 || verbs[args[0]] == nil {
		return noVerb("session", args, sessionUsage, stdout, stderr)
	}
	a := &admin{}
	rest, err := a.parse(args[0], args[1:], stderr)
	if err == nil && len(rest) != wanted(args[0]) {
		err = errUsage
	}
	if err == nil {
		err = a.connect()
	}
	if err == nil {
		err = verbs[args[0]](ctx, a, rest, stdout)
	}
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		fmt.Fprint(stderr, sessionUsage)
		return 2
	}
	explain(stderr, err)
	return 1
}

// wanted is how many names a verb takes.
func wanted(verb string) int {
	if verb == "list" {
		return 0
	}
	return 1
}

// admin is the client's side of the server's admin interface.
type admin struct {
	data, url, token string
	all, json        bool
}

func (a *admin) parse(verb string, args []string, stderr io.Writer) ([]string, error) {
	fs := flag.NewFlagSet("hearth session "+verb, flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&a.data, "data", defaultData(), "data `directory` of the server")
	if verb == "list" {
		fs.BoolVar(&a.all, "all", false, "ended sessions too")
		fs.BoolVar(&a.json, "json", false, "as JSON")
	}
	return parseAnywhere(fs, args)
}

func (a *admin) connect() error {
	where, err := readAddress(a.data)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("no server runs on the data directory %s; start one with hearth serve, or name its directory with -data", a.data)
	}
	if err != nil {
		return err
	}
	a.url = where.URL
	a.token, err = readToken(a.data)
	return err
}

// call makes one request and returns the body of a good answer.
func (a *admin) call(ctx context.Context, method, path string, query url.Values) (io.ReadCloser, error) {
	r, err := http.NewRequestWithContext(ctx, method, a.url+"/_hearth/v1/"+path+"?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+a.token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, fmt.Errorf("the server does not answer: %w\n  if it was killed, start it again on the same data: its sessions go on", err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp.Body, nil
	}
	defer resp.Body.Close()
	var problem struct{ Message string }
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	if err == nil && json.Unmarshal(text, &problem) == nil && problem.Message != "" {
		return nil, errors.New(problem.Message)
	}
	return nil, fmt.Errorf("the server answers %s: %s", resp.Status, text)
}

func (a *admin) read(ctx context.Context, method, path string, query url.Values, into any) error {
	body, err := a.call(ctx, method, path, query)
	if err != nil {
		return err
	}
	defer body.Close()
	return json.NewDecoder(body).Decode(into)
}

func sessionList(ctx context.Context, a *admin, _ []string, stdout io.Writer) error {
	query := url.Values{}
	if a.all {
		query.Set("all", "1")
	}
	var found struct {
		Sessions []server.AdminSession `json:"sessions"`
	}
	if err := a.read(ctx, http.MethodGet, "sessions", query, &found); err != nil {
		return err
	}
	if a.json {
		return printJSON(stdout, found.Sessions)
	}
	w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tDIALECT\tOWNER\tSTATE\tRUNTIME\tSTATEMENTS\tAGE\tIDLE\tCLIENT'S ID\t")
	for _, s := range found.Sessions {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%q\t\n",
			s.ID, s.Dialect, ownerOf(s), stateOf(s), s.Runtime, s.Statements, lived(s), idle(s), s.ExternalID)
	}
	return w.Flush()
}

func stateOf(s server.AdminSession) string {
	if s.Waiting > 0 {
		return fmt.Sprintf("%s (waits, %d)", s.State, s.Waiting)
	}
	if s.Cause == "" || s.State == "stopping" && s.Cause == "stopped" {
		return s.State
	}
	return s.State + " (" + s.Cause + ")"
}

// ownerOf is who made the session, as far as that is known: clients choose the text.
func ownerOf(s server.AdminSession) string {
	if s.Owner == "" {
		return "-"
	}
	return strings.Trim(strconv.Quote(s.Owner), `"`)
}

// lived is how long the session has lived, or did live.
func lived(s server.AdminSession) string {
	if s.EndedAt != nil {
		return s.EndedAt.Sub(s.CreatedAt).Round(time.Second).String()
	}
	return age(s.CreatedAt)
}

// idle is for how long the session has had nothing to do.
func idle(s server.AdminSession) string {
	if s.State != "idle" {
		return "-"
	}
	return age(s.ActiveAt)
}

func age(t time.Time) string { return time.Since(t).Round(time.Second).String() }

func sessionShow(ctx context.Context, a *admin, args []string, stdout io.Writer) error {
	var s server.AdminSession
	if err := a.read(ctx, http.MethodGet, "session", url.Values{"id": {args[0]}}, &s); err != nil {
		return err
	}
	return printJSON(stdout, s)
}

func sessionLogs(ctx context.Context, a *admin, args []string, stdout io.Writer) error {
	body, err := a.call(ctx, http.MethodGet, "session/log", url.Values{"id": {args[0]}})
	if err != nil {
		return err
	}
	defer body.Close()
	_, err = io.Copy(stdout, body)
	return err
}

func sessionStop(ctx context.Context, a *admin, args []string, stdout io.Writer) error {
	var s server.AdminSession
	if err := a.read(ctx, http.MethodPost, "session/stop", url.Values{"id": {args[0]}}, &s); err != nil {
		return err
	}
	_, err := fmt.Fprintf(stdout, "%s is %s\n", s.ID, stateOf(s))
	return err
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
