#!/bin/bash
# Runs every suite and adds them up. A suite that fails does not keep the others
# from running; a suite that runs no test, a skipped test, a failed step and a
# missing prerequisite all fail the run.
#
#   scripts/test.sh         the default runtime
#   scripts/test.sh full    every runtime, and whatever takes long
set -uo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
require_tools

MODE=${1:-test}
REPORTS=$PWD/bin/reports
# Suites whose clients do not get along with the others'.
OWN_ENVIRONMENT="test/conformance/livy test/conformance/livy_airflow test/conformance/dli"
# dbt looks for each answer every two seconds, which adds up to two minutes.
[ "$MODE" = full ] && OWN_ENVIRONMENT+=" test/conformance/livy_dbt"
GOTESTSUM=gotest.tools/gotestsum@v1.13.0
export HEARTH_BINARY=$BINARY HEARTH_MODE=$MODE
rm -rf "$REPORTS"
mkdir -p "$REPORTS"

# step NAME COMMAND…: a step that is no test; if it fails, it counts as a failed one.
step() {
	local name=$1
	shift
	say "$name"
	if ! "$@"; then
		echo "step failed: $name"
		echo "$name" >>"$REPORTS/failed-steps"
		return 1
	fi
}

formatted() {
	local files
	files=$(gofmt -l cmd internal tools test bench) && [ -z "$files" ] || { echo "gofmt -w $files"; return 1; }
}

# go_suite NAME ARGUMENTS…: `go test` with a report.
go_suite() {
	local name=$1
	shift
	say "$name"
	"$GO" run "$GOTESTSUM" --format pkgname-and-test-fails --junitfile "$REPORTS/$name.xml" -- "$@" ||
		echo "$name" >>"$REPORTS/failed-suites"
	[ -s "$REPORTS/$name.xml" ] || echo "$name wrote no report" >>"$REPORTS/failed-steps"
}

# client_suite NAME FOLDER: pytest with a report, in the environment of the
# folder's requirements.
client_suite() {
	local name=$1 folder=$2 clients
	step "clients of $folder" eval 'clients=$(client_venv "$folder/requirements.txt")' || return
	say "$name"
	"$clients/bin/python" -m pytest -c test/conformance/pytest.ini --rootdir test/conformance \
		--junitxml "$REPORTS/$name.xml" "$folder" || echo "$name" >>"$REPORTS/failed-suites"
	[ -s "$REPORTS/$name.xml" ] || echo "$name wrote no report" >>"$REPORTS/failed-steps"
}

race=-race
if [ "$("$GO" env CGO_ENABLED)" != 1 ]; then
	race=
	say "NO RACE DETECTOR: it needs a C compiler. Type: apt-get install gcc libc6-dev"
fi

# units SUFFIX NAME PACKAGE…: unit tests; those of the kernels run on an installed runtime.
units() {
	local suffix=$1 python java
	if python=$(installed "$2" python) && java=$(installed "$2" java_home); then
		export HEARTH_TEST_VENV=${python%/bin/*} PATH=$java/bin:$PATH
	fi
	shift 2
	go_suite "unit$suffix" $race -shuffle=on -timeout 40m "$@"
}

# clients SUFFIX [NAME]: every client and the integration suite, on the runtime that
# HEARTH_TEST_GLUE_VERSION asks for. Clients that ask for no version are served by
# the runtime NAME; those of Glue must see what the default means to them.
clients() {
	local folder
	client_suite "conformance$1" test/conformance
	local -x HEARTH_TEST_RUNTIME=${2:-}
	for folder in $OWN_ENVIRONMENT; do
		client_suite "conformance-$(basename "$folder")$1" "$folder"
	done
	go_suite "conformance-go$1" -tags e2e -count=1 -timeout 10m ./test/conformance/...
	go_suite "integration$1" -tags e2e -count=1 -timeout 30m ./test/harness ./test/integration/...
	go_suite "engines$1" -tags e2e -count=1 -timeout 10m -run RealSpark ./cmd/hearth
}

step "format" formatted
step "vet" "$GO" vet -tags e2e ./...
if [ "$MODE" = full ]; then
	packages=./...
	for pair in spark-3.5=5.1 spark-4.1=6.0; do
		name=${pair%=*}
		step "runtime $name" "$BINARY" runtime install "$name" || continue
		(units "-$name" "$name" $packages)
		packages="./internal/kernel/... ./internal/engine/spark/..." # no other looks at the runtime
		HEARTH_TEST_GLUE_VERSION=${pair#*=} clients "-$name" "$name"
	done
else
	step "default runtime" "$BINARY" runtime install
	(units "" "" ./...)
	clients ""
fi

exec "$PYTHON" scripts/tally.py "$REPORTS"
