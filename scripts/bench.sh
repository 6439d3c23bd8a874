#!/bin/bash
# Ratios against plain PySpark of the same runtime on this machine, now, and then
# against the recorded figures of Apache Livy. ROUNDS=N repeats each measurement N times.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
require_tools
"$BINARY" runtime install
CLIENTS=$(client_venv scripts/demo/requirements.txt)
"$CLIENTS/bin/python" bench/bench.py "$BINARY"
exec "$CLIENTS/bin/python" bench/livy.py "$BINARY"
