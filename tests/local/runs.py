"""Run and score documents in few words, for tests; their models check their shape."""

from schemas.run import Run, Scale, Score, ValueType
from schemas.status import RunStatus


def score(evaluator, value=None, **fields):
    types = {bool: ValueType.BOOLEAN, float: ValueType.NUMBER, int: ValueType.NUMBER, str: ValueType.LABEL}
    return Score(evaluator=evaluator, value=value, value_type=types.get(type(value)), **fields).model_dump()


def run(position=0, repetition=1, scores=None, **fields):
    """A successful run of example `ex<position>`; `scores` maps evaluator to value, or is a list of scores."""
    said = scores if isinstance(scores, list) else [score(name, value) for name, value in (scores or {}).items()]
    base = {
        "id": f"run{position}.{repetition}",
        "example_id": f"ex{position}",
        "example_position": position,
        "repetition": repetition,
        "input": f"question {position}",
        "status": RunStatus.SUCCEEDED,
        "scores": said,
    }
    return Run(**{**base, **fields}).model_dump()


MINIMIZE = Scale(direction="minimize")
