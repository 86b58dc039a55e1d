"""How a dialect shows itself: its demo is a generator of HTTP calls in its own words, without I/O.

The same small experiment in every dialect: eight questions, a variant that answers right and one that is too polite, judged by exact match.
"""

from collections.abc import Generator
from dataclasses import dataclass, field

from schemas.json import Json

QUESTIONS = (
    ("What is the capital of France?", "Paris"),
    ("What is the capital of Japan?", "Tokyo"),
    ("What is the capital of Peru?", "Lima"),
    ("What is the capital of Kenya?", "Nairobi"),
    ("What is the capital of Chad?", "N'Djamena"),
    ("What is the capital of Norway?", "Oslo"),
    ("What is the capital of Nepal?", "Kathmandu"),
    ("What is the capital of Cuba?", "Havana"),
)
"""Questions with their right answers. The built-in echo model knows no geography: where the gateway runs the model, the answer itself is what is asked."""

TERSE, POLITE = "terse", "polite"


def polite(answer: str) -> str:
    """The answer of the variant that loses an exact match."""
    return f"Happy to help: {answer}."


@dataclass(frozen=True)
class DemoCall:
    """One HTTP call below the dialect's prefix, made after a pause of `pause` seconds; `doing` says what for."""

    method: str
    path: str
    body: Json = None
    doing: str = ""
    pause: float = 0.0


@dataclass(frozen=True)
class DemoOutcome:
    """What the demo made: the dialect's own ids of the experiments, by variant name; runs and scores as the dialect itself reports them."""

    experiments: dict[str, str] = field(default_factory=dict)
    runs: int = 0
    scores: int = 0


Demo = Generator[DemoCall, Json, DemoOutcome]
"""Yields calls, is sent each answer's decoded JSON (None for an empty one); a status of 400 or more ends it."""
