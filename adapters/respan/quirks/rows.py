"""Dataset rows: single and in bulk, their figures, what they were taken from."""

from typing import Any

from pydantic import ValidationError

from adapters.base import Plan, Route, read_plain
from adapters.http import Request, Response, json_response
from adapters.mapping import ABSENT, Codec
from adapters.respan.quirks.asking import ask, everything, joined
from adapters.respan.quirks.errors import bad_field
from adapters.respan.quirks.fields import extension
from adapters.respan.quirks.imports import chosen
from adapters.respan.quirks.pages import linked
from adapters.respan.tables.common import DATASET_ID, ROW_ID
from adapters.respan.wire.datasets import RowBody
from adapters.scope import Scope
from schemas.dataset import DatasetPatch, Example, ExamplePatch, NewDataset
from schemas.errors import Code, CrosswalkError, Issue, Reason
from schemas.json import Json, JsonObject
from schemas.operations import Call, DatasetArgs, ExampleArgs, ListExamplesArgs, Op

METRICS = ("prompt_tokens", "completion_tokens", "total_request_tokens", "cost", "latency", "model")
_CREATED = "Dataset log created successfully"  # documented
_SHOWN = 100
_CHOOSING = {"initial_log_filters": "filters", "start_time": "start_time", "end_time": "end_time", "sampling": "sampling_percentage"}
_COPIED = ("input", "reference", "output", "metadata", "extensions")


def _invalid_row(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, item['loc'])) or 'row'}: {_message(item)}" for item in error.errors(include_url=False))


def _message(item: Any) -> str:
    return "This field is required." if item["type"] == "missing" else str(item["msg"]).removeprefix("Value error, ")


def checked(logs: list[Json]) -> tuple[list[JsonObject], list[JsonObject]]:
    """The rows of a bulk request that are right, and `{"index", "error"}` of those that are not."""
    right: list[JsonObject] = []
    wrong: list[JsonObject] = []
    for index, log in enumerate(logs):
        try:
            right.append(RowBody.model_validate(pulled(log)).model_dump(exclude_unset=True))
        except ValidationError as error:
            wrong.append({"index": index, "error": _invalid_row(error)})
    return right, wrong


def pulled(log: Json) -> Json:
    """A bulk row whose expected output stands inside its input gets it pulled out (documented for bulk)."""
    if not isinstance(log, dict) or not isinstance(log.get("input"), dict) or "expected_output" not in log["input"]:
        return log
    inner = dict(log["input"])
    expected = inner.pop("expected_output")
    return {**log, "input": inner, "expected_output": log.get("expected_output", expected)}


class Bulk:
    """The rows of a bulk request as examples to add."""

    def __init__(self, row: Codec) -> None:
        self.row = row

    def decode(self, value: JsonObject, scope: Scope) -> JsonObject:
        right, wrong = checked(value["logs"])
        if not right:
            issues = tuple(Issue(("body", "logs", item["index"]), item["error"], "row") for item in wrong)
            raise CrosswalkError(Code.INVALID_REQUEST, "No row is valid.", Reason.VALIDATION, issues=issues)
        inner = scope.at("logs/*", "examples/*")
        return {"examples": [self.row.decode(log, inner) for log in right]}

    def encode(self, value: JsonObject, scope: Scope) -> JsonObject:
        inner = scope.at("logs/*", "examples/*")
        return {"logs": [self.row.encode(example, inner) for example in value["examples"]]}


class Single:
    """One row as examples to add."""

    def __init__(self, row: Codec) -> None:
        self.row = row

    def decode(self, value: JsonObject, scope: Scope) -> JsonObject:
        return {"examples": [self.row.decode(value, scope)]}

    def encode(self, value: JsonObject, scope: Scope) -> JsonObject:
        if len(value["examples"]) != 1:
            raise bad_field("logs", "This call takes one row.")
        encoded: JsonObject = self.row.encode(value["examples"][0], scope.at("", "examples/*"))
        return encoded


class Created:
    """The answer to one new row."""

    def decode(self, value: JsonObject, scope: Scope) -> JsonObject:
        return {"ids": [ROW_ID.decode(value["unique_id"], scope)]}

    def encode(self, value: JsonObject, scope: Scope) -> JsonObject:
        return {"message": _CREATED, "unique_id": ROW_ID.encode(value["ids"][0], scope)}


def bulk_answer(route: Route, request: Request, call: Call, reply: JsonObject, scope: Scope) -> Response:
    """How many rows were added; the others by their index."""
    _, wrong = checked(read_plain(request, scope)["logs"])
    counts = {"success_count": len(reply["ids"]), "error_count": len(wrong), "errors": wrong[:_SHOWN], "total_errors": len(wrong)}
    return json_response(route.ok, counts)


def _counted(number: int, what: str) -> str:
    return f"{number} log{'' if number == 1 else 's'} {what} the dataset."


class Removed:
    """The answer to a removal."""

    def decode(self, value: JsonObject, scope: Scope) -> JsonObject:
        return {"count": int(str(value["message"]).partition(" ")[0])}

    def encode(self, value: JsonObject, scope: Scope) -> JsonObject:
        return {"message": _counted(value["count"], "removed from")}


def create_dataset(call: Call, scope: Scope) -> Plan:
    """Create with the rows of another dataset, with the traces that were chosen, or empty."""
    assert isinstance(call.body, NewDataset)
    said = call.body.extensions.get(scope.dialect, {})
    examples: list[Example] = []
    if said.get("source_dataset_id"):
        source = ListExamplesArgs(dataset_id=DATASET_ID.decode(said["source_dataset_id"], scope))
        rows = yield from everything(call, Op.LIST_EXAMPLES, source)
        examples = [Example.model_validate({name: row[name] for name in _COPIED if name in row}) for row in rows]
    elif not said.get("is_empty") and (choice := _choice(said)):
        examples = yield from chosen(call, choice, scope)
    return (yield ask(call, call.op, call.args, call.body.model_copy(update={"examples": examples})))


def _choice(said: JsonObject) -> JsonObject:
    """Which logs a new dataset is to be filled with; nothing named is nothing chosen."""
    return {name: said[own] for own, name in _CHOOSING.items() if said.get(own) is not None}


def read_name(given: JsonObject, scope: Scope) -> JsonObject:
    """The name; a copy needs none (documented), and is called after what it copies."""
    return {"name": given.get("name") or f"Copy of {given.get('source_dataset_id')}"}


def say_name(doc: JsonObject, scope: Scope) -> JsonObject:
    """The same, said."""
    return {"name": doc["name"]} if "name" in doc else {}


def update_dataset(call: Call, scope: Scope) -> Plan:
    """Change what the body names."""
    assert isinstance(call.args, DatasetArgs)
    assert isinstance(call.body, DatasetPatch)
    patch = call.body
    if not patch.model_fields_set:
        return (yield ask(call, Op.GET_DATASET, call.args))
    if patch.extensions:
        known = yield ask(call, Op.GET_DATASET, call.args)
        patch = patch.model_copy(update={"extensions": joined(known, patch.extensions)})
    return (yield ask(call, call.op, call.args, patch))


def update_row(call: Call, scope: Scope) -> Plan:
    """Change what the body names."""
    assert isinstance(call.args, ExampleArgs)
    assert isinstance(call.body, ExamplePatch)
    patch = call.body
    if patch.extensions:
        known = yield ask(call, Op.GET_EXAMPLE, call.args)
        patch = patch.model_copy(update={"extensions": joined(known, patch.extensions)})
    return (yield ask(call, call.op, call.args, patch))


def replace_row(call: Call, scope: Scope) -> Plan:
    """PUT: what the body leaves out is removed; the input, without which there is no row, stays."""
    assert isinstance(call.body, ExamplePatch)
    empty: dict[str, Any] = {"output": None, "reference": None, "metadata": {}}
    absent = {name: value for name, value in empty.items() if name not in call.body.model_fields_set}
    return (yield from update_row(ask(call, call.op, call.args, call.body.model_copy(update=absent)), scope))


def show_metrics(doc: JsonObject, scope: Scope) -> JsonObject:
    """Tokens, cost and latency of a row, from the metrics it came with."""
    metrics = extension(doc, scope, "metrics")
    said = metrics if isinstance(metrics, dict) else {}
    return {name: said.get(name) for name in METRICS}


def read_metrics(given: JsonObject, scope: Scope) -> JsonObject:
    """The other way round."""
    said = {name: given[name] for name in METRICS if given.get(name) is not None}
    return {f"extensions/{scope.dialect}/metrics": said} if said else {}


class Chosen:
    """Which rows a removal means."""

    def __init__(self, filters: Codec) -> None:
        self.filters = filters

    def decode(self, value: JsonObject, scope: Scope) -> JsonObject:
        if value.get("is_deleting_all_logs"):
            return {"everything": True}
        where: JsonObject = self.filters.decode(value, scope)
        if not where:
            raise bad_field("filters", "Provide filters, or set is_deleting_all_logs.")
        return where

    def encode(self, value: JsonObject, scope: Scope) -> JsonObject:
        return {"is_deleting_all_logs": True} if value.get("everything") else self.filters.encode(value, scope)


def page(route: Route, request: Request, call: Call, reply: JsonObject, scope: Scope) -> Response:
    """A page of rows, with only the fields asked for where some were."""
    answer = linked(route, request, call, reply, scope)
    wanted = {name.strip() for value in request.values("include_fields") for name in value.split(",") if name.strip()}
    if wanted:
        keep = wanted | {"id", "unique_id"}
        answer["results"] = [{name: value for name, value in row.items() if name in keep} for row in answer["results"]]
    return json_response(route.ok, answer)


def _full(doc: JsonObject, value: Json) -> Json:
    # The documented reply to a create shows fewer fields than the full object.
    return value if "example_count" in doc else ABSENT


def dataset_type(doc: JsonObject, scope: Scope) -> Json:
    """Datasets made of rows, not of sampled logs."""
    return "dataset"


def dataset_status(doc: JsonObject, scope: Scope) -> Json:
    """Rows are there as soon as the dataset is."""
    return "ready"


def no_filters(doc: JsonObject, scope: Scope) -> Json:
    """A dataset that was not filled from logs."""
    return {}


def granularity(doc: JsonObject, scope: Scope) -> Json:
    """What a row stands for."""
    return "logs"


def no_annotations(doc: JsonObject, scope: Scope) -> Json:
    """Nobody annotates rows here."""
    return _full(doc, 0)


def not_starred(doc: JsonObject, scope: Scope) -> Json:
    """Unless a caller said otherwise."""
    return _full(doc, False)
