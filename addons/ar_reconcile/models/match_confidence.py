"""How sure a match is: a level for the screen's colours, and words before numbers for people."""

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from odoo.tools.misc import formatLang

from ..engine.matching import Outcome

#: A match that is less probable is called possible.
LIKELY = Decimal("0.8")
#: Origins of matches that the rules have judged.
JUDGED = frozenset({"rules", "advice"})
#: States whose level follows from them alone.
LEVELS = {"left": "none", "waiting": "waiting", "accepted": "booked"}


@dataclass(frozen=True, slots=True)
class Confidence:
    """What the confidence of a match follows from.

    ``outcome`` is that of the verdict, which had ``count`` proposals. ``former`` is the word that version 1 of the
    rules had for it, before there were probabilities. From ``threshold`` on, the journal books alone.
    """

    state: str
    origin: str
    outcome: str | None
    count: int
    former: str | None
    probability: float
    threshold: Decimal

    @property
    def level(self):
        """The code of how sure it is: sure, likely, possible, tie, waiting, booked or none."""
        if self.state != "proposed":
            return LEVELS.get(self.state, "none")
        if self.outcome == Outcome.AMBIGUOUS.value:
            return "tie"
        return self._rated()

    def words(self, env):
        """Say how sure it is in the language of ``env``."""
        if self.origin not in JUDGED:
            return env._("By hand")
        if self.state == "left":
            return env._("Nothing fits for certain")
        percent = percent_words(env, self.probability)
        if self.outcome == Outcome.AMBIGUOUS.value:
            if self.count == 2:
                return env._("Two fit equally (%(percent)s each)", percent=percent)
            return env._("%(count)s fit equally (%(percent)s each)", count=self.count, percent=percent)
        if self.former:
            return env._("Sure") if self.former == "sure" else env._("Likely")
        return {
            "sure": env._("Sure (%(percent)s)", percent=percent),
            "likely": env._("Likely (%(percent)s)", percent=percent),
            "possible": env._("Possible (%(percent)s)", percent=percent),
        }[self._rated()]

    def _rated(self):
        if self.origin not in JUDGED:
            return "likely"
        if self.former:
            return "sure" if self.former == "sure" else "likely"
        probability = Decimal(repr(self.probability))
        if probability >= self.threshold:
            return "sure"
        return "likely" if probability >= LIKELY else "possible"


def percent_words(env, probability):
    """Write a probability so that it never looks higher than it is, finer where it nears certainty."""
    percent = 100 * Decimal(repr(probability) if isinstance(probability, float) else probability)
    digits = 1 if percent >= 99 else 0
    return f"{formatLang(env, float(percent.quantize(Decimal(1).scaleb(-digits), ROUND_FLOOR)), digits=digits)} %"
