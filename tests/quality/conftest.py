"""Benchmarks are not installed: they are found beside the tests."""

import sys
from pathlib import Path

# At the end, as some folders there have the names of test folders.
sys.path.append(str(Path(__file__).parents[2]))
