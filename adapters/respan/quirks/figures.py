"""Summaries and histograms: figures the clients add up, so that none is ever null or NaN."""

from dataclasses import dataclass

from adapters.mapping import ABSENT, Codec
from adapters.respan.quirks.values import read_value, show_value
from adapters.respan.tables.common import EVALUATOR_ID
from adapters.scope import Scope
from schemas.json import Json, JsonObject
from schemas.run import ValueType

# Seen in client code: only these are aggregated.
_AGGREGATED = (ValueType.NUMBER, ValueType.BOOLEAN)


@dataclass(frozen=True)
class Aggregates:
    """A summary's `scores`: one entry an evaluator, keyed as the experiment names it; canonically a list."""

    entry: Codec

    def decode(self, value: JsonObject, scope: Scope) -> list[JsonObject]:
        inner = scope.at("*", "*")
        return [{**self.entry.decode(entry, inner), "evaluator": EVALUATOR_ID.decode(key, scope)} for key, entry in value.items()]

    def encode(self, value: list[JsonObject], scope: Scope) -> JsonObject:
        inner = scope.at("*", "*")
        shown: dict[str, JsonObject] = {}
        for one in value:
            if not aggregated(one):
                continue
            key = EVALUATOR_ID.encode(str(one["evaluator"]), scope)
            shown[key] = merged(shown[key], one) if key in shown else one
        return {key: self.entry.encode(one, inner) for key, one in shown.items()}


def aggregated(one: JsonObject) -> bool:
    """Whether an evaluator has figures: numbers or booleans, at least one of them."""
    return one.get("value_type") in _AGGREGATED and one.get("count", 1) > 0 and one.get("mean") is not None


def merged(one: JsonObject, other: JsonObject) -> JsonObject:
    """The same evaluator over two variants of a group as one entry."""
    counts = one.get("count", 0), other.get("count", 0)
    mean = (one["mean"] * counts[0] + other["mean"] * counts[1]) / (sum(counts) or 1)
    totals = {name: one.get(name, 0) + other.get(name, 0) for name in ("count", "true_count", "false_count")}
    return {**one, **totals, "mean": mean}


def read_counts(given: JsonObject, scope: Scope) -> JsonObject:
    """How many were true and false."""
    return {name: given[name] for name in ("true_count", "false_count") if given.get(name) is not None}


def show_counts(doc: JsonObject, scope: Scope) -> JsonObject:
    """The same; for booleans only (documented)."""
    if doc.get("value_type") != ValueType.BOOLEAN:
        return {}
    return {"true_count": doc.get("true_count", 0), "false_count": doc.get("false_count", 0)}


def read_aggregate_type(given: JsonObject, scope: Scope) -> JsonObject:
    """The declared kind of value of an aggregated evaluator."""
    return {name: value for name, value in read_value(given, scope).items() if name != "value"}


def show_aggregate_type(doc: JsonObject, scope: Scope) -> JsonObject:
    """The same, in this dialect's word."""
    shown = show_value(doc, scope)
    return {"score_value_type": shown["score_value_type"]} if shown else {}


def zero(doc: JsonObject, scope: Scope) -> Json:
    """A figure that nobody measures here."""
    return 0


def absent(doc: JsonObject, scope: Scope) -> Json:
    """A field that is there only when the vendor said it."""
    return ABSENT


class Grader:
    """`evaluator_id` of a histogram: an evaluator, or `<id>:<grader_name>` (documented)."""

    def decode(self, value: str, scope: Scope) -> str:
        identifier, colon, grader = value.partition(":")
        return EVALUATOR_ID.decode(identifier, scope) + colon + grader

    def encode(self, value: str, scope: Scope) -> str:
        identifier, colon, grader = value.partition(":")
        return EVALUATOR_ID.encode(identifier, scope) + colon + grader
