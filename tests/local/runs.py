"""Runs and scores in few words, for tests."""

from schemas.run import Run, Scale, Score, ValueType
from schemas.status import RunStatus


def score(evaluator, value=None, **fields):
    types = {bool: ValueType.BOOLEAN, float: ValueType.NUMBER, int: ValueType.NUMBER, str: ValueType.LABEL}
    return Score(evaluator=evaluator, value=value, value_type=types.get(type(value)), **fields)


def run(position=0, repetition=1, scores=None, **fields):
    """A successful run of example `ex<position>`; `scores` maps evaluator to value."""
    said = [score(name, value) for name, value in (scores or {}).items()]
    base = {
        "id": f"run{position}.{repetition}",
        "example_id": f"ex{position}",
        "example_position": position,
        "repetition": repetition,
        "input": f"question {position}",
        "status": RunStatus.SUCCEEDED,
        "scores": said,
    }
    return Run(**{**base, **fields})


MINIMIZE = Scale(direction="minimize")
