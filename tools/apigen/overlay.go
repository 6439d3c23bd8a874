package main

// selection is what is generated of one API.
type selection struct {
	model      string // path below botocore's data directory
	operations []string
	overlay    []change
	// patterns that Go's regular expressions cannot read, in Go's syntax.
	patterns map[string]string
}

// change adds a member to a structure of the model, or gives one that is there another shape.
type change struct {
	in, member, shape string
	retype            bool
	why               string
}

var selections = map[string]selection{
	"glue": {
		model: "glue/2017-03-31/service-2.json",
		operations: []string{
			"CreateSession", "GetSession", "ListSessions", "StopSession", "DeleteSession",
			"GetSessionEndpoint", "GetDashboardUrl", "GetSystemLogsForSession",
			"RunStatement", "GetStatement", "ListStatements", "CancelStatement",
			"TagResource", "UntagResource", "GetTags",
		},
		overlay:  glueOverlay,
		patterns: surrogates,
	},
}

// The hidden members are those of the models bundled in aws-glue-sessions 1.0.9 and
// sagemaker-studio 1.1.35.
var glueOverlay = []change{
	{in: "Session", member: "Timeout", shape: "Timeout", why: "the kernels' %status prints it"},
	{in: "ListSessionsRequest", member: "Status", shape: "OrchestrationNameString", why: "a filter of AWS's own clients"},
	{in: "ListSessionsRequest", member: "Command", shape: "OrchestrationNameString", why: "a filter of AWS's own clients"},
	{in: "ListStatementsRequest", member: "MaxResults", shape: "PageSize", why: "AWS's own clients page with it"},
	{in: "StatementOutputData", member: "Result", shape: "GenericString", why: "rich output: the payload"},
	{in: "StatementOutputData", member: "MimeType", shape: "GenericString", why: "rich output: without it the kernels print nothing beside text"},
	{in: "StatementOutputData", member: "StdOut", shape: "GenericString", why: "rich output: shown next to the payload"},
	{in: "StatementOutputData", member: "StdErr", shape: "GenericString", why: "rich output: shown next to the payload"},
	{
		in: "StatementOutput", member: "Status", shape: "GenericString", retype: true,
		why: "the model says StatementState, the service sends Livy's lower-case ok and error, and clients compare with those",
	},
}

// surrogates are the character classes of the models that spell the planes above the first as
// UTF-16. Java reads a pair as one character, so \uD800\uDC00-\uDBFF\uDFFF is the range from
// U+10000 to U+10FFFF.
var surrogates = map[string]string{
	`[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*`:     `[\x{20}-\x{D7FF}\x{E000}-\x{FFFD}\x{10000}-\x{10FFFF}\t]*`,
	`[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*`: `[\x{20}-\x{D7FF}\x{E000}-\x{FFFD}\x{10000}-\x{10FFFF}\r\n\t]*`,
}
