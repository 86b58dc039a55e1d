"""Two eval runs side by side, on a scale of 0 to 100 (reference section 6.6, seen in clients)."""

from adapters.evalguard.quirks.figures import plain
from adapters.evalguard.quirks.values import Text, Uuid
from adapters.evalguard.tables.common import TIME
from adapters.scope import Scope
from schemas.ids import Kind
from schemas.json import Json, JsonObject

_SCALE = 100
_DIGITS = 10  # 0.55 × 100 is 55.00000000000001 in binary
_TEXT = Text()
_RUN, _DATASET, _CASE = Uuid(Kind.EXPERIMENT), Uuid(Kind.DATASET), Uuid(Kind.EXAMPLE)


class Compared:
    """A comparison of two sides; `score_diff` and `regression` speak of B against A. Rows only one side has are neither better nor worse."""

    partial = True

    def encode(self, value: Json, scope: Scope) -> JsonObject:
        one, other = value["sides"]
        cases = [_case(row, scope) for row in value["rows"]]
        changes = [_change(case) for case in cases]
        return {
            "run_a": _side(one, scope),
            "run_b": _side(other, scope),
            "score_diff": _difference(one["mean"], other["mean"]),
            "regressions": sum(change < 0 for change in changes),
            "improvements": sum(change > 0 for change in changes),
            "unchanged": sum(change == 0 for change in changes),
            "cases": cases,
        }

    def decode(self, value: Json, scope: Scope) -> JsonObject:
        sides = [_read_side(value[name], scope) for name in ("run_a", "run_b")]
        identities = [side["experiment_id"] for side in sides]
        rows = [_read_case(case, place, identities, scope) for place, case in enumerate(value["cases"])]
        return {"sides": sides, "rows": rows}


def _scaled(score: Json) -> Json:
    return None if score is None else plain(round(score * _SCALE, _DIGITS))


def _unscaled(score: Json) -> Json:
    return None if score is None else score / _SCALE


def _difference(one: Json, other: Json) -> Json:
    return None if one is None or other is None else plain(round((other - one) * _SCALE, _DIGITS))


def _side(side: JsonObject, scope: Scope) -> JsonObject:
    dataset, made = side.get("dataset_id"), side.get("created_at")
    return {
        "id": _RUN.encode(side["experiment_id"], scope),
        "name": side["name"],
        "model": side.get("model") or "",
        "dataset": None if dataset is None else _DATASET.encode(dataset, scope),
        "score": _scaled(side["mean"]),
        "total_cases": side["runs"],
        "created_at": None if made is None else TIME.encode(made, scope),
    }


def _read_side(side: JsonObject, scope: Scope) -> JsonObject:
    return {
        "experiment_id": _RUN.decode(side["id"], scope),
        "name": side["name"],
        "model": side["model"] or None,
        "dataset_id": side["dataset"],
        "mean": _unscaled(side["score"]),
        "runs": side["total_cases"],
        "created_at": None if side["created_at"] is None else TIME.decode(side["created_at"], scope),
    }


def _case(row: JsonObject, scope: Scope) -> JsonObject:
    one, other = row["cells"]
    case: JsonObject = {
        "id": _CASE.encode(row["example_id"], scope),
        "input": _shown(row.get("input"), scope) or "",
        "expected": _shown(row.get("reference"), scope),
        "run_a_output": _shown(one.get("output"), scope),
        "run_a_score": _scaled(one.get("score")),
        "run_b_output": _shown(other.get("output"), scope),
        "run_b_score": _scaled(other.get("score")),
    }
    return {**case, "regression": _change(case) < 0}


def _shown(value: Json, scope: Scope) -> str | None:
    return None if value is None else _TEXT.encode(value, scope)


def _read_case(case: JsonObject, place: int, identities: list[str], scope: Scope) -> JsonObject:
    cells = [
        {"experiment_id": identity, "output": case[f"{side}_output"], "score": _unscaled(case[f"{side}_score"])}
        for side, identity in zip(("run_a", "run_b"), identities, strict=True)
    ]
    return {
        "example_id": _CASE.decode(case["id"], scope),
        "position": place,
        "input": case["input"],
        "reference": case["expected"],
        "cells": cells,
    }


def _change(case: JsonObject) -> float:
    one, other = case["run_a_score"], case["run_b_score"]
    return 0 if one is None or other is None else float(other - one)
