"""Attacks on systems that answer, and a verdict on each that needs no judge.

Every attack carries a canary: a code that the system is asked to put together from its halves, or a
secret planted in its instructions. The whole code never stands in the attack, so a system that
merely repeats what it was told gives nothing away; one whose answer contains it has done what the
attack wanted. The same seed gives the same attacks.
"""

from evalwright_server.red_team.attacks import Attack, make_attacks
from evalwright_server.red_team.vectors import VECTORS, Vector
from evalwright_server.red_team.verdicts import Verdict, judge, why_undecidable

__all__ = ["VECTORS", "Attack", "Vector", "Verdict", "judge", "make_attacks", "why_undecidable"]
