#!/bin/bash
# From nothing to an answer: installs the default runtime, starts a server, runs
# real Spark through unmodified clients, boto3 and pylivy, and clears up after itself.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
require_tools

say "Installing the default runtime (once; it is kept for later)"
"$BINARY" runtime install

say "Getting boto3 and pylivy, unmodified"
CLIENTS=$(client_venv scripts/demo/requirements.txt)

HOME_OF_DEMO=$(mktemp -d "${TMPDIR:-/tmp}/hearth-demo.XXXXXX")
SERVER=
finish() {
	local code=$?
	if [ -n "$SERVER" ]; then
		kill -TERM "$SERVER" 2>/dev/null && wait "$SERVER" || true
	fi
	if [ "$code" -ne 0 ]; then
		echo "The demo failed. The server's log is $HOME_OF_DEMO/server.log and ends:" >&2
		tail -n 30 "$HOME_OF_DEMO/server.log" >&2 || true
	else
		rm -rf "$HOME_OF_DEMO"
	fi
	exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

PORT=$(free_port)
say "Starting a server on 127.0.0.1:$PORT"
"$BINARY" serve -listen "127.0.0.1:$PORT" -data "$HOME_OF_DEMO/data" >"$HOME_OF_DEMO/server.log" 2>&1 &
SERVER=$!
wait_healthy "http://127.0.0.1:$PORT" "$SERVER"

say "Talking to it as to AWS Glue"
"$CLIENTS/bin/python" scripts/demo/glue_api.py "http://127.0.0.1:$PORT"

say "Talking to it as to Apache Livy: Scala, SQL and Python in one session"
"$CLIENTS/bin/python" scripts/demo/livy_api.py "http://127.0.0.1:$PORT"

say "Stopping the server"
kill -TERM "$SERVER"
wait "$SERVER"
SERVER=
echo "Stopped; nothing is left running. \`make serve\` starts one for you to keep."
