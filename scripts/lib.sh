# What the scripts share. Sourced, not run.

GO=${GO:-go}
PYTHON=${PYTHON:-python3}
BINARY=$PWD/bin/hearth
CACHE=${HEARTH_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/hearth}

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
die() { printf '\n%s\n' "$*" >&2; exit 1; }

# require_tools fails with what to type when the machine lacks something.
require_tools() {
	command -v "$GO" >/dev/null || die "Go is not here. Install Go 1.26 or newer and put it on PATH."
	command -v "$PYTHON" >/dev/null || die "Python is not here. Type: apt-get install python3 python3-venv"
	"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 9))' ||
		die "$("$PYTHON" --version) is too old; the runtimes need Python 3.9 or newer. Point PYTHON at one: make test PYTHON=python3.11"
	"$PYTHON" -c 'import ensurepip, venv' 2>/dev/null ||
		die "This Python cannot make virtual environments. Type: apt-get install python3-venv"
}

# client_venv REQUIREMENTS: prints the folder of a virtual environment that holds
# exactly these pins, made once and kept under a name that changes with them. What
# is listed in requirements-alone.txt beside them is installed without what it
# asks for.
client_venv() {
	local requirements=$1 alone key venv
	alone=$(dirname "$requirements")/requirements-alone.txt
	[ -e "$alone" ] || alone=
	key=$({ "$PYTHON" -c 'import sys; print(sys.version, sys.prefix)'; pins "$requirements" $alone; } |
		"$PYTHON" -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest()[:12])')
	venv=$CACHE/clients/$key
	if [ ! -e "$venv/complete" ]; then
		echo "making the clients' environment from $requirements (once)" >&2
		rm -rf "$venv" &&
			mkdir -p "$(dirname "$venv")" &&
			"$PYTHON" -m venv "$venv" >&2 &&
			"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements" >&2 &&
			{ [ -z "$alone" ] || "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps -r "$alone" >&2; } &&
			touch "$venv/complete" || return 1
	fi
	echo "$venv"
}

# pins FILE…: what the files require, and the files that they name.
pins() {
	local file more
	for file; do
		cat "$file"
		while read -r more; do
			pins "$(dirname "$file")/$more"
		done < <(sed -n 's/^-r //p' "$file")
	done
}

# default_venv reads `hearth runtime list -json` and prints the folder of the
# default runtime's Python environment, nothing if it is not installed.
default_venv() {
	"$PYTHON" -c '
import json, os, sys
for r in json.load(sys.stdin)["runtimes"]:
    if r.get("default") and "installed" in r:
        print(os.path.dirname(os.path.dirname(r["installed"]["python"])))'
}

# free_port prints a TCP port of loopback that nobody listens on.
free_port() {
	"$PYTHON" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# wait_healthy URL PID: returns when the server welcomes requests; fails if the
# process ends before that.
wait_healthy() {
	"$PYTHON" - "$1" "$2" <<'PY'
import os, sys, time, urllib.request
url, pid = sys.argv[1], int(sys.argv[2])
deadline = time.monotonic() + 60
while time.monotonic() < deadline:
    try:
        os.kill(pid, 0)
        if urllib.request.urlopen(url + "/healthz", timeout=5).status == 200:
            sys.exit(0)
    except ProcessLookupError:
        sys.exit("the server ended before it was ready")
    except OSError:
        time.sleep(0.05)
sys.exit("the server did not become healthy within a minute")
PY
}

# installed NAME KEY: prints what `hearth runtime list` knows of an installed
# runtime, "" for the default one; fails if it is not installed.
installed() {
	"$BINARY" runtime list -json | "$PYTHON" -c '
import json, sys
name, key = sys.argv[1:]
for row in json.load(sys.stdin)["runtimes"]:
    if (row["name"] == name or not name and row["default"]) and row.get("installed"):
        print(row["installed"][key])
        sys.exit()
sys.exit("the runtime is not installed")' "$1" "$2"
}
