"""How well the metrics tell good answers from bad ones, on sets labelled by hand.

python -m benchmarks.quality                 # the figures of the test half
python -m benchmarks.quality --half tuning   # those of the half that constants were chosen on
python -m benchmarks.quality --write         # renew the figures in docs/metrics.md
"""
