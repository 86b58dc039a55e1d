"""The vendor's scorers that do not run here, and why (reference section 9: the names its sources show)."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Absent:
    """A scorer that the vendor has and this gateway has not. `why` ends the sentence "… does not run here: "."""

    name: str
    category: str
    why: str

    @property
    def title(self) -> str:
        """The name as a title."""
        return self.name.replace("-", " ").capitalize()


def _rows(category: str, why: str, *names: str) -> Iterable[Absent]:
    return (Absent(name, category, why) for name in names)


_JUDGE = "its question to the judge is the vendor's own; an llm-judge evaluator kept under this name (POST /evaluators) runs instead"
_VARIANTS = "it is defined in several ways, and the vendor does not say which is its own"
_BOUND = "it needs a bound, which this API cannot say"

ABSENT: tuple[Absent, ...] = (
    *_rows(
        "semantic",
        "it compares embeddings, and the models here give none",
        "similar",
        "semantic-similarity",
        "embedding-distance",
    ),
    *_rows("semantic", "it chooses among several outputs of one case, and a case has one here", "select-best"),
    *_rows(
        "llm-judge",
        _JUDGE,
        "llm-grader",
        "g-eval",
        "faithfulness",
        "relevance",
        "answer-relevance",
        "factuality",
        "hallucination",
        "summarization",
        "context-faithfulness",
        "context-relevance",
        "toxicity",
        "bias",
        "is-refusal",
        "general-task-completion",
    ),
    *_rows("text", _VARIANTS, "bleu", "rouge-n", "readability"),
    *_rows("json", "it needs the functions an output may call, which this API cannot say", "is-valid-function-call"),
    *_rows("performance", _BOUND, "cost", "latency"),
    *_rows("custom", "scorers that call out are refused", "webhook"),
)

WHY = {absent.name: absent.why for absent in ABSENT}
