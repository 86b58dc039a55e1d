"""How far people and a scorer agree: Cohen's kappa, and the score from which on a scorer agrees best."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from schemas.json import JsonObject


class Confusion(NamedTuple):
    """How often person and scorer said what; positive means passed, true that both agree."""

    true_positive: int = 0
    false_positive: int = 0
    true_negative: int = 0
    false_negative: int = 0

    @property
    def total(self) -> int:
        """How many were judged twice."""
        return sum(self)

    @property
    def accuracy(self) -> float:
        """The share they agree on."""
        return (self.true_positive + self.true_negative) / self.total

    @property
    def kappa(self) -> float:
        """Agreement beyond chance, -1 to 1. Where both always say the same one thing chance explains all: 1 when they agree, 0 when not."""
        passed_by_person = (self.true_positive + self.false_negative) / self.total
        passed_by_scorer = (self.true_positive + self.false_positive) / self.total
        chance = passed_by_person * passed_by_scorer + (1 - passed_by_person) * (1 - passed_by_scorer)
        if chance == 1:
            return 1.0 if self.accuracy == 1 else 0.0
        return (self.accuracy - chance) / (1 - chance)


def confusion(pairs: Iterable[tuple[bool, bool]]) -> Confusion:
    """The counts of pairs of (person passed it, scorer passed it)."""
    counts = {(person, scorer): 0 for person in (True, False) for scorer in (True, False)}
    for pair in pairs:
        counts[pair] += 1
    return Confusion(counts[True, True], counts[False, True], counts[False, False], counts[True, False])


def best_threshold(scored: Sequence[tuple[bool, float]], current: float) -> tuple[float, Confusion]:
    """The score to pass from on, among those given, at which kappa is highest; of equals the more accurate, then the one nearest to `current`.

    `scored` are (person passed it, score).
    """
    persons = sum(person for person, _ in scored)
    passed = agreed = 0
    found: dict[float, Confusion] = {}
    for person, score in sorted(scored, key=lambda one: -one[1]):
        passed, agreed = passed + 1, agreed + person
        rest = len(scored) - passed
        missed = persons - agreed
        found[score] = Confusion(agreed, passed - agreed, rest - missed, missed)
    return max(found.items(), key=lambda one: (round(one[1].kappa, 12), one[1].accuracy, -abs(one[0] - current)))


def told(counts: Confusion) -> JsonObject:
    """The figures as they are answered (seen in client: kappa, accuracy, confusion; the names inside `confusion` are inferred)."""
    return {
        "kappa": counts.kappa,
        "accuracy": counts.accuracy,
        "confusion": {
            "truePositive": counts.true_positive,
            "falsePositive": counts.false_positive,
            "trueNegative": counts.true_negative,
            "falseNegative": counts.false_negative,
        },
    }
