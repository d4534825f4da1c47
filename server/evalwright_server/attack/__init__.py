"""Hostile jobs of our own, and what must hold after each.

The corpus is data: programs that try to get out, to take more than they may, to be taken for what
they are not, or to leave something behind; each with a claim and a pure function that judges how
it went. `tests/security` runs it on the sandbox itself, `evalwright attack` on a server.

No program does harm where it succeeds: what should be out of reach is opened, never written to;
bombs stop a little above the limit they should have met. The only things of the host they look
for by name are canaries, which whoever runs the corpus plants.
"""

from evalwright_server.attack.canaries import Canaries, plant
from evalwright_server.attack.case import Artifact, Case, Outcome, Sightings, Trial, Verdict, Word
from evalwright_server.attack.corpus import CASES, GROUPS
from evalwright_server.attack.judging import judge
from evalwright_server.attack.setting import Bounds, Setting

__all__ = [
    "CASES",
    "GROUPS",
    "Artifact",
    "Bounds",
    "Canaries",
    "Case",
    "Outcome",
    "Setting",
    "Sightings",
    "Trial",
    "Verdict",
    "Word",
    "judge",
    "plant",
]
