package glue

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/glue/types"

	"hearth/internal/engine"
)

type in = glue.CreateSessionInput

// numbered makes n pairs.
func numbered(prefix string, n int) map[string]string {
	m := map[string]string{}
	for i := range n {
		m[prefix+strconv.Itoa(i)] = "v"
	}
	return m
}

func arguments(kv ...string) func(*in) {
	return func(in *in) {
		in.DefaultArguments = map[string]string{}
		for pair := range slices.Chunk(kv, 2) {
			in.DefaultArguments[pair[0]] = pair[1]
		}
	}
}

func TestCreateSession_AtTheEdgesOfItsRules_AcceptsOrRefuses(t *testing.T) {
	const none, bad, model = "", "InvalidInputException", "ValidationException"
	for name, c := range map[string]struct {
		change func(*in)
		code   string
		text   string // part of the message
	}{
		"id longest":                {func(in *in) { in.Id = aws.String(strings.Repeat("日", 255)) }, none, ""},
		"id too long":               {func(in *in) { in.Id = aws.String(strings.Repeat("x", 256)) }, model, "255"},
		"id of two lines":           {func(in *in) { in.Id = aws.String("a\nb") }, model, "pattern"},
		"id that looks like a path": {func(in *in) { in.Id = aws.String("../../x") }, none, ""},
		"role of a user":            {func(in *in) { in.Role = aws.String("arn:aws:iam::000000000000:user/x") }, model, "role"},
		"no command name":           {func(in *in) { in.Command.Name = nil }, bad, "null or empty"},
		"unknown command":           {func(in *in) { in.Command.Name = aws.String("pythonshell") }, bad, "pythonshell"},
		"python absent":             {func(in *in) { in.Command.PythonVersion = nil }, none, ""},
		"python 2":                  {func(in *in) { in.Command.PythonVersion = aws.String("2") }, bad, "Python version 2"},
		"python 3.9 for etl":        {func(in *in) { in.Command.PythonVersion = aws.String("3.9") }, bad, "3.9"},
		"python 4":                  {func(in *in) { in.Command.PythonVersion = aws.String("4") }, model, "pythonVersion"},
		"ray by command":            {ray, bad, "Account not allowed to submit Glue Ray session"},
		"ray by worker":             {func(in *in) { in.WorkerType = types.WorkerTypeZ2x }, bad, "Account not allowed to submit Glue Ray session"},
		"connect":                   {func(in *in) { in.SessionType = types.SessionTypeSparkConnect }, "OperationNotSupportedException", "SPARK_CONNECT"},
		"livy":                      {func(in *in) { in.SessionType = types.SessionTypeLivy }, none, ""},

		"timeout least":     {func(in *in) { in.Timeout = aws.Int32(1) }, none, ""},
		"timeout 0":         {func(in *in) { in.Timeout = aws.Int32(0) }, model, "timeout"},
		"timeout longest":   {func(in *in) { in.Timeout = aws.Int32(2880) }, none, ""},
		"timeout too long":  {func(in *in) { in.Timeout = aws.Int32(2881) }, bad, "2880"},
		"streaming longest": {streaming(func(in *in) { in.Timeout = aws.Int32(10080) }), none, ""},
		"streaming longer":  {streaming(func(in *in) { in.Timeout = aws.Int32(10081) }), bad, "10080"},
		"idle 0":            {func(in *in) { in.IdleTimeout = aws.Int32(0) }, model, "idleTimeout"},
		"idle for ever":     {func(in *in) { in.IdleTimeout = aws.Int32(1<<31 - 1) }, none, ""},

		"version 2.0":       {func(in *in) { in.GlueVersion = aws.String("2.0") }, bad, "greater than 2.0"},
		"version 0.9":       {func(in *in) { in.GlueVersion = aws.String("0.9") }, bad, "greater than 2.0"},
		"version 2.1":       {func(in *in) { in.GlueVersion = aws.String("2.1") }, none, ""},
		"version 10.0":      {func(in *in) { in.GlueVersion = aws.String("10.0") }, none, ""},
		"version auto":      {func(in *in) { in.GlueVersion = aws.String("auto") }, none, ""},
		"version of words":  {func(in *in) { in.GlueVersion = aws.String("a.b") }, bad, "a.b"},
		"version of no dot": {func(in *in) { in.GlueVersion = aws.String("5") }, model, "glueVersion"},
		"version not here":  {func(in *in) { in.GlueVersion = aws.String("9.9") }, bad, "9.9"},

		"one worker":            {func(in *in) { in.NumberOfWorkers = aws.Int32(1) }, none, ""},
		"no worker":             {func(in *in) { in.NumberOfWorkers = aws.Int32(0) }, bad, "at least 1"},
		"too many workers":      {func(in *in) { in.NumberOfWorkers = aws.Int32(1<<31 - 1) }, bad, "at most"},
		"unknown worker":        {func(in *in) { in.WorkerType = "G.3X" }, model, "workerType"},
		"standard":              {func(in *in) { in.WorkerType = types.WorkerTypeStandard }, none, ""},
		"quarter for etl":       {func(in *in) { in.WorkerType = types.WorkerTypeG025x }, bad, "gluestreaming"},
		"quarter for streaming": {streaming(func(in *in) { in.WorkerType = types.WorkerTypeG025x }), none, ""},
		"16X too early":         {func(in *in) { in.WorkerType, in.GlueVersion = types.WorkerTypeG16x, aws.String("3.0") }, bad, "4.0"},
		"16X in time":           {func(in *in) { in.WorkerType, in.GlueVersion = types.WorkerTypeG16x, aws.String("4.0") }, none, ""},
		"R.1X too early":        {func(in *in) { in.WorkerType, in.GlueVersion = types.WorkerTypeR1x, aws.String("3.0") }, bad, "4.0"},
		"8X too early":          {func(in *in) { in.WorkerType, in.GlueVersion = types.WorkerTypeG8x, aws.String("2.1") }, bad, "3.0"},
		"capacity":              {func(in *in) { in.MaxCapacity = aws.Float64(2.5) }, none, ""},
		"capacity 0":            {func(in *in) { in.MaxCapacity = aws.Float64(0) }, bad, "above 0"},
		"capacity below 0":      {func(in *in) { in.MaxCapacity = aws.Float64(-1) }, bad, "above 0"},
		"capacity beyond sense": {func(in *in) { in.MaxCapacity = aws.Float64(1e308) }, bad, "at most"},
		"capacity and workers": {
			func(in *in) { in.MaxCapacity, in.NumberOfWorkers = aws.Float64(2), aws.Int32(2) }, bad,
			"Please do not set Max Capacity",
		},
		"capacity and worker type": {
			func(in *in) { in.MaxCapacity, in.WorkerType = aws.Float64(2), types.WorkerTypeG1x }, bad,
			"Please do not set Max Capacity",
		},

		"75 arguments":            {func(in *in) { in.DefaultArguments = numbered("--k", 75) }, none, ""},
		"76 arguments":            {func(in *in) { in.DefaultArguments = numbered("--k", 76) }, model, "75"},
		"50 tags":                 {func(in *in) { in.Tags = numbered("k", 50) }, none, ""},
		"51 tags":                 {func(in *in) { in.Tags = numbered("k", 51) }, model, "50"},
		"reserved tag":            {func(in *in) { in.Tags = map[string]string{"AWS:x": "1"} }, bad, "aws:"},
		"connection without name": {func(in *in) { in.Connections = &types.ConnectionsList{Connections: []string{""}} }, bad, "connection"},
		"origin with a space":     {func(in *in) { in.RequestOrigin = aws.String("a b") }, model, "requestOrigin"},

		"scala":               {arguments("--session-language", "scala"), none, ""},
		"python":              {arguments("--session-language", "python"), none, ""},
		"another language":    {arguments("--session-language", "cobol"), bad, "cobol"},
		"hudi":                {arguments("--datalake-formats", "delta,hudi"), bad, "hudi"},
		"another format":      {arguments("--datalake-formats", "parkett"), bad, "parkett"},
		"conf without value":  {arguments("--conf", "spark.x"), bad, "key=value"},
		"conf of the engine":  {arguments("--conf", "spark.master=yarn"), bad, "decided by the engine"},
		"jar elsewhere":       {arguments("--extra-jars", "s3://b/x.jar"), bad, "not here"},
		"module from the web": {arguments("--additional-python-modules", "git+https://x/y"), bad, "downloads"},
		"option as module":    {arguments("--additional-python-modules", "-r requirements.txt"), bad, "option"},
		"pip target":          {arguments("--python-modules-installer-option", "--target=/tmp"), bad, "not allowed"},
		"pip without value":   {arguments("--python-modules-installer-option", "--index-url --pre"), bad, "needs a value"},
		"virtual environment": {arguments("--python-virtual-env", "s3://b/env.tar.gz"), bad, "virtual environment"},
	} {
		t.Run(name, func(t *testing.T) {
			within(t, nil, func(t *testing.T, r *fixture) {
				_, err := r.CreateSession(t.Context(), request("x", c.change))
				if c.code == none {
					if err != nil {
						t.Fatalf("refused: %v", err)
					}
					return
				}
				if err == nil {
					t.Fatal("accepted")
				}
				if code, msg := wantRefusal(t, err); code != c.code || !strings.Contains(msg, c.text) {
					t.Errorf("%s: %s", code, msg)
				}
				if list, err := r.ListSessions(t.Context(), &glue.ListSessionsInput{}); err != nil || len(list.Ids) > 0 {
					t.Errorf("a refused request left %v, %v", list, err)
				}
			})
		})
	}
}

func ray(in *in) {
	in.Command = &types.SessionCommand{Name: aws.String("glueray"), PythonVersion: aws.String("3.9")}
}

func streaming(change func(*in)) func(*in) {
	return func(in *in) {
		in.Command.Name = aws.String("gluestreaming")
		change(in)
	}
}

func TestCreateSession_WhatIsLeftOpen_GetsTheCommandsDefaults(t *testing.T) {
	within(t, nil, func(t *testing.T, r *fixture) {
		for name, c := range map[string]struct {
			change          func(*in)
			timeout, idle   int32
			kind            types.WorkerType
			workers         int32
			capacity        float64
			version, python string
		}{
			"etl":       {func(*in) {}, 2880, 2880, types.WorkerTypeG1x, 5, 5, "5.1", "3"},
			"streaming": {streaming(func(*in) {}), 10080, 10080, types.WorkerTypeG1x, 5, 5, "5.1", "3"},
			"timeout":   {func(in *in) { in.Timeout = aws.Int32(7) }, 7, 7, types.WorkerTypeG1x, 5, 5, "5.1", "3"},
			"type":      {func(in *in) { in.WorkerType = types.WorkerTypeR2x }, 2880, 2880, types.WorkerTypeR2x, 5, 10, "5.1", "3"},
			"number":    {func(in *in) { in.NumberOfWorkers = aws.Int32(2) }, 2880, 2880, types.WorkerTypeG1x, 2, 2, "5.1", "3"},
			"capacity":  {func(in *in) { in.MaxCapacity = aws.Float64(2.5) }, 2880, 2880, types.WorkerTypeG1x, 3, 2.5, "5.1", "3"},
			"auto":      {func(in *in) { in.GlueVersion = aws.String("auto") }, 2880, 2880, types.WorkerTypeG1x, 5, 5, "5.1", "3"},
		} {
			got := r.create(name, c.change)
			if *got.IdleTimeout != c.idle || got.WorkerType != c.kind || *got.NumberOfWorkers != c.workers ||
				*got.MaxCapacity != c.capacity || *got.GlueVersion != c.version || *got.Command.PythonVersion != c.python {
				t.Errorf("%s: %+v", name, got)
			}
			if s, err := r.Manager.Get(t.Context(), ref(asCaller(t), name)); err != nil || s.Lifetime.Minutes() != float64(c.timeout) {
				t.Errorf("%s: lifetime %v, %v", name, s.Lifetime, err)
			}
		}
	})
}

func TestWorkerTypes_Every_IsOfTheModelAndHasAFigure(t *testing.T) {
	table := workerTypes()
	for _, kind := range types.WorkerType("").Values() {
		w, ok := table[wireType(kind)]
		if !ok || w.dpu <= 0 || w.cores <= 0 || w.memoryGB <= 0 {
			t.Errorf("%s: %+v", kind, w)
		}
		delete(table, wireType(kind))
	}
	if len(table) > 0 {
		t.Errorf("not of the model: %v", slices.Collect(maps.Keys(table)))
	}
}

// spec creates a session and returns what the engine was asked for.
func (r *fixture) spec(id string, change ...func(*in)) engine.Spec {
	r.T.Helper()
	r.create(id, change...)
	s, err := r.Manager.Get(r.T.Context(), ref(asCaller(r.T), id))
	if err != nil {
		r.T.Fatal(err)
	}
	return s.Spec
}
