"""Questions to a language model whose answers have a form."""

from evalwright_server.judging.judge import Answer, Judge, NoAnswer

__all__ = ["Answer", "Judge", "NoAnswer"]
