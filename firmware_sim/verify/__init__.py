"""The judge: an independent reading of the rules, held against what the gateway answers.

It knows the observable facts (the truth file, the spools of real nodes), the site files and the tariffs. It
shares no code with the gateway, and is written to be checked by eye rather than to be fast.
"""

from firmware_sim.verify.judge import Answers, verify
from firmware_sim.verify.verdict import Verdict

__all__ = ["Answers", "Verdict", "verify"]
