#!/bin/sh
# Install everything and run every check. Arguments go to nox, for example: ./test.sh -s unit
set -eu
cd "$(dirname "$0")"
./scripts/setup.sh
if [ "$#" -eq 0 ]; then set -- -s tests; fi
exec .venv/bin/python -m nox "$@"
