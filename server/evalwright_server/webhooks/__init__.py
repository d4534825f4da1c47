"""Requests that tell others what happened: where they may go, how they are signed, sent, retried.

Signatures and headers are those of https://www.standardwebhooks.com.
"""
