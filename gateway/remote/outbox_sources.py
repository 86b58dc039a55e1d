"""What an outbox has to know of its target: the experiments, their examples, and the records there are. Read no more often than is needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cachetools import TTLCache

from gateway.remote.completion import identified
from gateway.remote.recipes.base import PAGE
from schemas.errors import Code, CrosswalkError
from schemas.experiment import Experiment, StepKind
from schemas.json import JsonObject
from schemas.operations import Call, Caller, DatasetArgs, ExperimentArgs, ListExamplesArgs, ListRunsArgs, Op

if TYPE_CHECKING:
    from gateway.remote.session import Session

_KNOWN_FOR = 60.0
"""Seconds for which an experiment's definition and its examples are taken as they were last read."""

_SNAPSHOT_FOR = 30.0
"""Seconds for which the following pages of a list are cut from the records that its first page was cut from."""

_EXPERIMENTS, _SNAPSHOTS = 1000, 32


@dataclass(frozen=True)
class Expected:
    """What is known of an experiment: its dataset, and whether its callers bring its runs."""

    dataset_id: str
    waits: bool


class Sources:
    """Asks through the session of whoever wants to know; what is read is remembered for a while, apart for each scope."""

    def __init__(self) -> None:
        self._expected: TTLCache[tuple[str, str], Expected] = TTLCache(_EXPERIMENTS, _KNOWN_FOR)
        self._examples: TTLCache[tuple[str, str], list[JsonObject]] = TTLCache(_SNAPSHOTS, _KNOWN_FOR)
        self._sizes: TTLCache[tuple[str, str], int] = TTLCache(_EXPERIMENTS, _KNOWN_FOR)
        self._records: TTLCache[tuple[str, str], list[JsonObject]] = TTLCache(_SNAPSHOTS, _SNAPSHOT_FOR)

    async def expected(self, session: Session, caller: Caller, experiment: str) -> Expected:
        """What is known of an experiment, read at most once a minute. Raises CrosswalkError (not_found)."""
        known = self._expected.get((caller.scope, experiment))
        if known is None:
            call = Call(Op.GET_EXPERIMENT, ExperimentArgs(experiment_id=experiment), None, caller)
            known = self.learn(caller, await session.direct(call))
        return known

    def learn(self, caller: Caller, document: JsonObject) -> Expected:
        """What is known of an experiment that was read for another reason. One without steps, as lists show it, does not tell who brings its runs."""
        experiment = Experiment.model_validate(document)
        steps = {step.kind for variant in experiment.variants for step in variant.steps}
        if not steps:
            return self._expected.get((caller.scope, experiment.id)) or Expected(experiment.dataset_id or "", waits=False)
        expected = Expected(experiment.dataset_id or "", steps == {StepKind.WAIT})
        self._expected[caller.scope, experiment.id] = expected
        return expected

    async def examples(self, session: Session, caller: Caller, dataset: str, *, anew: bool = False) -> list[JsonObject]:
        """The examples of a dataset, read at most once a minute."""
        known = None if anew else self._examples.get((caller.scope, dataset))
        if known is None:
            page = (
                await session.perform(Call(Op.LIST_EXAMPLES, ListExamplesArgs(dataset_id=dataset), None, caller))
                if dataset
                else {"items": []}
            )
            known = self._examples[caller.scope, dataset] = page["items"]
        return known

    async def size(self, session: Session, caller: Caller, dataset: str) -> int:
        """How many examples a dataset has, asked for at most once a minute; none where it is gone."""
        known = self._examples.get((caller.scope, dataset))
        if known is not None or not dataset:
            return len(known or ())
        number = self._sizes.get((caller.scope, dataset))
        if number is None:
            number = self._sizes[caller.scope, dataset] = await self._size(session, caller, dataset)
        return number

    async def _size(self, session: Session, caller: Caller, dataset: str) -> int:
        try:
            whole = await session.perform(Call(Op.GET_DATASET, DatasetArgs(dataset_id=dataset), None, caller))
            # Zero is also what stands where the target does not tell.
            return int(whole["example_count"]) or len(await self.examples(session, caller, dataset))
        except CrosswalkError as error:
            if error.code is not Code.NOT_FOUND:
                raise
            return 0

    async def records(self, session: Session, caller: Caller, experiment: str) -> list[JsonObject]:
        """The target's own records of an experiment's runs, all of them.

        Raises CrosswalkError (upstream_invalid) when a record has no id, or its pages do not add up.
        """
        found: dict[str, JsonObject] = {}
        while True:
            args = ListRunsArgs(experiment_id=experiment, offset=len(found), limit=PAGE, total=True)
            call = Call(Op.LIST_RUNS, args, None, caller)
            page = identified(call, await session.piece(call))
            before = len(found)
            found.update((item["id"], item) for item in page["items"])
            if len(found) >= page["total"]:
                break
            if len(found) == before:
                if len(page["items"]) < PAGE // 2:
                    # Counted already, and not there yet.
                    break
                raise CrosswalkError(Code.UPSTREAM_INVALID, "The pages of runs hold fewer than their count says.")
        self._records[caller.scope, experiment] = list(found.values())
        return list(found.values())

    def snapshot(self, scope: str, experiment: str) -> list[JsonObject] | None:
        """The records as they were last read, while the pages of a list are cut from them."""
        return self._records.get((scope, experiment))

    def example(self, scope: str, experiment: str, example: str) -> JsonObject:
        """An example that was read lately, {} otherwise."""
        expected = self._expected.get((scope, experiment))
        known = self._examples.get((scope, expected.dataset_id), []) if expected else []
        return next((item for item in known if item["id"] == example), {})

    def changed(self, scope: str, dataset: str) -> None:
        """The examples of a dataset are other ones now."""
        self._examples.pop((scope, dataset), None)
        self._sizes.pop((scope, dataset), None)

    def gone(self, scope: str, experiment: str) -> None:
        """An experiment is not there any more."""
        self._expected.pop((scope, experiment), None)
