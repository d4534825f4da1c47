#!/bin/sh
# Resolve the dependencies of pyproject.toml into requirements.lock, for every platform and Python 3.11+.
set -eu
cd "$(dirname "$0")/.."
command -v uv >/dev/null || { echo "scripts/lock.sh needs uv: pip install uv" >&2; exit 2; }
exec uv pip compile pyproject.toml --extra all --group dev --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --custom-compile-command "scripts/lock.sh" --quiet --output-file requirements.lock "$@"
