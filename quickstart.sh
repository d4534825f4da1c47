#!/bin/sh
# Install everything, start a server and evaluate two systems. See README.md.
set -eu
cd "$(dirname "$0")"
./scripts/setup.sh
exec .venv/bin/python scripts/quickstart.py "$@"
