"""Runs: everything that takes time, with one lifecycle, one table and one engine.

Whoever waits or works is woken by a signal, but believes only the run's row. The server process
holds the database; workers are processes that ask it for runs over a stream (`port`, `stream`).
"""
