"""Datasets of a vendor that takes their rows apart from them, in bulk, and knows neither versions nor what to do when a name is taken."""

from gateway.remote.recipes.base import Cooking, Piece, Recipe, added_to, open_ended
from schemas.base import Model
from schemas.dataset import Dataset, Example, NewExamples
from schemas.errors import CrosswalkError, invalid
from schemas.json import JsonObject
from schemas.operations import (
    Call,
    DatasetArgs,
    DeleteExamplesArgs,
    ListExamplesArgs,
    ListVersionsArgs,
    Op,
)


def _bulk(call: Call, dataset_id: str, examples: list[Example], base: int) -> Piece:
    """The rows with their places, which the vendor does not tell."""
    placed = [example.model_copy(update={"position": base + place}) for place, example in enumerate(examples)]
    return Piece(Call(Op.ADD_EXAMPLES, DatasetArgs(dataset_id=dataset_id), NewExamples(examples=placed), call.caller))


def append(call: Call) -> Cooking:
    """Rows in bulk, whose ids follow from the list that was and the list that is."""
    args, body = call.args, call.body
    assert isinstance(args, DatasetArgs)
    assert isinstance(body, NewExamples)
    where = ListExamplesArgs(dataset_id=args.dataset_id)
    before = yield Call(Op.LIST_EXAMPLES, where, None, call.caller)
    base = max((example["position"] + 1 for example in before["items"]), default=0)
    doubt: CrosswalkError | None = None
    try:
        yield _bulk(call, args.dataset_id, body.examples, base)
    except CrosswalkError as error:
        if not open_ended(error):
            raise
        doubt = error
    new = yield from added_to(call, args.dataset_id, before["items"], body.examples, doubt)
    return {"ids": [example["id"] for example in sorted(new, key=_position)], "version_id": None}


def _position(example: JsonObject) -> int:
    return int(example["position"])


def delete(call: Call) -> Cooking:
    """Rows one by one."""
    args = call.args
    assert isinstance(args, DeleteExamplesArgs)
    names = args.example_ids or []
    if args.example_ids is None:
        where = {"where": args.where} if args.where else {}
        page = yield call.then(Op.LIST_EXAMPLES, dataset_id=args.dataset_id, **where)
        names = [example["id"] for example in page["items"]]
        if not args.everything and args.where is None:
            raise invalid("Name the examples to delete.", "example_ids", type="missing")
    for name in names:
        yield Call(call.op, DeleteExamplesArgs(dataset_id=args.dataset_id, example_ids=[name]), None, call.caller)
    return {"id": args.dataset_id, "count": len(names)}


def versions(call: Call) -> Cooking:
    """The only version there is: the dataset as it stands."""
    args = call.args
    assert isinstance(args, ListVersionsArgs)
    version = yield from standing(call)
    return {"items": [] if args.explicit or args.limit == 0 or args.cursor else [{**version, "number": 1}], "next_cursor": None}


def standing(call: Call) -> Cooking:
    """The dataset as it stands, as a version."""
    args = call.args
    assert isinstance(args, DatasetArgs)
    found = Dataset.model_validate((yield Call(Op.GET_DATASET, DatasetArgs(dataset_id=args.dataset_id), None, call.caller)))
    return {
        "id": found.version_id,
        "dataset_id": found.id,
        "example_count": found.example_count,
        "created_at": found.updated_at or found.created_at,
        "extensions": {},
    }


def each(body: Model, most: int) -> list[Model]:
    """Examples in portions that the vendor takes at once."""
    assert isinstance(body, NewExamples)
    return [NewExamples(examples=body.examples[start : start + most]) for start in range(0, len(body.examples), most)]


RECIPES: dict[Op, Recipe] = {Op.DELETE_EXAMPLES: delete, Op.LIST_DATASET_VERSIONS: versions}
IN_BULK: dict[Op, Recipe] = {Op.ADD_EXAMPLES: append}
"""For vendors whose own route gives only a piece of the reply."""
