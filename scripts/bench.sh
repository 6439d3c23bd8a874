#!/bin/bash
# Ratios against plain PySpark of the same runtime on this machine, now.
# ROUNDS=N repeats each measurement N times.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
require_tools
"$BINARY" runtime install
CLIENTS=$(client_venv scripts/demo/requirements.txt)
exec "$CLIENTS/bin/python" bench/bench.py "$BINARY"
