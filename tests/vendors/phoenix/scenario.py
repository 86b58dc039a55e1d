"""Runs inside the Phoenix client's environment: `scenario.py URL sync|async SUFFIX`.

Does what a user of the client does, from datasets to deletes, and prints one JSON object with what the client returned.
SUFFIX makes the names new to the server. Every value is kept, so that two servers can be compared through it.
"""

import asyncio
import base64
import dataclasses
import inspect
import json
import logging
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from phoenix.client import AsyncClient, Client

QUESTIONS = ["France?", "Japan?", "Peru?", "Kenya?"]
ANSWERS = ["Paris", "Tokyo", "Lima", "Nairobi"]
FIXED = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
MANY = 60  # more than a page of the client (50)

Values = dict[str, Any]


async def settled(value: Any) -> Any:
    """The value itself (sync client) or what it comes to (async client)."""
    return await value if inspect.isawaitable(value) else value


async def refused(call: Callable[[], Any]) -> Values:
    """The error that a call ends with, as a user sees it."""
    try:
        return {"returned": await settled(call())}
    except httpx.HTTPStatusError as error:
        return {"status": error.response.status_code, "text": error.response.text}
    except Exception as error:
        return {"error": type(error).__name__, "text": str(error)}


async def eventually(read: Callable[[], Awaitable[Any]], wanted: Any) -> Any:
    """What `read` returns once that is as wanted, else after three seconds: a server may store spans a moment later."""
    deadline = time.monotonic() + 3
    while (value := await read()) != wanted and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
    return value


def row(identifier: str) -> int:
    """The number in a node id."""
    return int(base64.b64decode(identifier).partition(b":")[2])


def ran(experiment: Any) -> Values:
    """A RanExperiment as JSON: runs by example and repetition, evaluations by run and name, whoever came first."""
    runs = sorted(experiment["task_runs"], key=lambda run: (row(run["dataset_example_id"]), run["repetition_number"]))
    place = {run["id"]: number for number, run in enumerate(runs)}
    evaluations = sorted(experiment["evaluation_runs"], key=lambda run: (place[run.experiment_run_id], run.name))
    return {**experiment, "task_runs": runs, "evaluation_runs": [dataclasses.asdict(run) for run in evaluations]}


def answer(input: Any, expected: Any) -> Values:
    """The task: right for all but Peru."""
    return {"answer": "Cusco" if input["question"] == "Peru?" else expected["answer"], "ratio": 0.25, "list": [1, None, "ü"]}


def exact(output: Any, expected: Any) -> bool:
    return bool(output["answer"] == expected["answer"])


def length(output: Any) -> tuple[float, str, str]:
    return len(output["answer"]) / 10, "short", "tenths of a character"


class Failing:
    """A task that fails for some questions until told otherwise."""

    def __init__(self, *questions: str) -> None:
        self.questions = questions

    def __call__(self, input: Any) -> str:
        if input["question"] in self.questions:
            raise RuntimeError("nope")
        return str(input["question"]).upper()


class Scenario:
    """The steps share one client and what the earlier ones made."""

    def __init__(self, client: Any, url: str, suffix: str) -> None:
        self.client = client
        self.url = url
        self.datasets = client.datasets
        self.experiments = client.experiments
        self.name = f"capitals {suffix}"
        self.suffix = suffix
        self.dataset: Any = None
        self.first: Any = None

    async def create_dataset(self) -> Values:
        self.dataset = await settled(
            self.datasets.create_dataset(
                name=self.name,
                inputs=[{"question": question} for question in QUESTIONS],
                outputs=[{"answer": reply} for reply in ANSWERS],
                metadata=[{"place": place, "tags": ["a", None]} for place in range(4)],
                dataset_description="four capitals",
            )
        )
        return dict(self.dataset.to_dict())

    async def run_experiment(self) -> Values:
        self.first = await settled(
            self.experiments.run_experiment(
                dataset=self.dataset,
                task=answer,
                evaluators=[exact, length],
                experiment_name="baseline",
                experiment_description="first try",
                experiment_metadata={"model": "none", "temperature": 0.5, "nested": {"ü": [1, 2.0, None]}},
                repetitions=2,
                print_summary=False,
            )
        )
        return ran(self.first)

    async def get(self) -> Any:
        return await settled(self.experiments.get(experiment_id=self.first["experiment_id"]))

    async def project(self) -> Any:
        """Where the server put the spans of the tasks."""
        return await settled(self.client.projects.get(project_name=self.first["project_name"]))

    async def tokens(self) -> Any:
        """A task whose model call is traced by the user's own provider: the export knows its tokens.

        No method of the client gives the export's counts, so this reads it directly.
        """
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint=f"{self.url}/v1/traces")))
        trace.set_tracer_provider(provider)

        def asking(input: Any) -> str:
            attributes = {"openinference.span.kind": "LLM", "llm.token_count.prompt": 11, "llm.token_count.completion": 7}
            with trace.get_tracer("scenario").start_as_current_span("model", attributes=attributes):
                return str(input["question"])

        traced = self.experiments.run_experiment(dataset=self.dataset, task=asking, experiment_name="traced", print_summary=False)
        experiment = (await settled(traced))["experiment_id"]
        return await eventually(lambda: self._token_counts(experiment), [[11, 7]] * len(QUESTIONS))

    async def _token_counts(self, experiment: str) -> Any:
        async with httpx.AsyncClient() as http:
            exported = (await http.get(f"{self.url}/v1/experiments/{experiment}/json")).json()
        return [[record["prompt_token_count"], record["completion_token_count"]] for record in exported]

    async def evaluate_again(self) -> Values:
        def broken(output: Any) -> float:
            raise ValueError("no idea")

        def graded(output: Any) -> Values:
            return {"score": 0.75, "label": "good", "explanation": "because", "metadata": {"judge": "rules"}}

        evaluators = {"graded": graded, "broken": broken}
        again = self.experiments.evaluate_experiment(experiment=self.first, evaluators=evaluators, print_summary=False)
        return ran(await settled(again))

    async def get_experiment(self) -> Values:
        return ran(await settled(self.experiments.get_experiment(experiment_id=self.first["experiment_id"])))

    async def resume_experiment(self) -> Values:
        """First attempt fails for two questions, the second is complete, the third finds nothing to do."""
        created = await settled(
            self.experiments.create(
                dataset_id=self.dataset.id, dataset_version_id=self.dataset.version_id, experiment_name="resumed", repetitions=2
            )
        )
        seen: Values = {"created": created}
        for step, task in (("partial", Failing("Japan?", "Kenya?")), ("complete", Failing()), ("idle", Failing())):
            evaluators = {"loud": lambda output: output.isupper()} if step == "complete" else None
            await settled(
                self.experiments.resume_experiment(
                    experiment_id=created["id"], task=task, evaluators=evaluators, print_summary=False, retries=0
                )
            )
            seen[step] = await settled(self.experiments.get(experiment_id=created["id"]))
            seen[f"{step}_runs"] = ran(await settled(self.experiments.get_experiment(experiment_id=created["id"])))
        seen["evaluations"] = await self._resume_evaluation(created["id"])
        return seen

    async def _resume_evaluation(self, experiment: str) -> Values:
        """An evaluator that fails at first, then succeeds; `loud` is complete and must stay as it is."""

        def late(output: Any) -> float:
            raise ValueError("not yet")

        def punctual(output: Any) -> float:
            return 0.5

        def loud(output: Any) -> bool:
            return False

        seen = {}
        for step, evaluator in (("failed", late), ("repaired", punctual)):
            evaluators = {"late": evaluator, "loud": loud}
            await settled(
                self.experiments.resume_evaluation(experiment_id=experiment, evaluators=evaluators, print_summary=False, retries=0)
            )
            seen[step] = ran(await settled(self.experiments.get_experiment(experiment_id=experiment)))
        return seen

    async def list(self) -> Any:
        return await settled(self.experiments.list(dataset_id=self.dataset.id))

    async def log(self) -> Values:
        """Runs and evaluations one by one, as a pytest plugin does; the experiment is named by the server."""
        created = await settled(self.experiments.create(dataset_id=self.dataset.id))
        examples = [example["node_id"] for example in self.dataset.examples]
        times = {"start_time": FIXED, "end_time": FIXED + timedelta(milliseconds=1500)}

        def log_run(example: str, output: Any, **more: Any) -> Any:
            return self.experiments.log_run(experiment_id=created["id"], dataset_example_id=example, output=output, **times, **more)

        failed = await settled(log_run(examples[0], None, error="timed out"))
        replaced = await settled(log_run(examples[0], [1, 2.5, {"ü": None}], trace_id="ab" * 16))
        plain = await settled(log_run(examples[1], "text"))
        seen: Values = {"created": created, "failed": failed, "replaced": replaced, "plain": plain}
        seen["same_run"] = failed["id"] == replaced["id"]
        seen["duplicate"] = await refused(lambda: log_run(examples[1], "other"))
        seen["unknown"] = await refused(lambda: log_run(self.dataset.id, "wrong type"))
        seen |= await self._log_evaluations(plain["id"])
        seen["read"] = ran(await settled(self.experiments.get_experiment(experiment_id=created["id"])))
        seen["counts"] = await settled(self.experiments.get(experiment_id=created["id"]))
        return seen

    async def _log_evaluations(self, run: str) -> Values:
        def log_evaluation(name: str, **more: Any) -> Any:
            return self.experiments.log_evaluation(experiment_run_id=run, name=name, start_time=FIXED, **more)

        human = {"annotator_kind": "HUMAN", "label": "fine", "explanation": "read it", "metadata": {"who": "me"}}
        first = await settled(log_evaluation("human", score=0.125, **human))
        second = await settled(log_evaluation("human", score=1, annotator_kind="HUMAN"))
        await settled(log_evaluation("judge", annotator_kind="LLM", label="ok", end_time=FIXED + timedelta(seconds=2)))
        await settled(log_evaluation("failed", error="no quota"))
        return {"evaluation": first, "same_evaluation": first == second}

    async def delete(self) -> Values:
        """One that is not the newest: a real Phoenix gives the id of a deleted newest one to the next, the gateway does not."""
        created = await settled(self.experiments.create(dataset_id=self.dataset.id, experiment_name="short-lived"))
        await settled(self.experiments.create(dataset_id=self.dataset.id, experiment_name="kept"))
        project = created["project_name"]
        seen: Values = {"project": await settled(self.client.projects.get(project_name=project))}
        seen["delete"] = await refused(lambda: self.experiments.delete(experiment_id=created["id"], delete_project=True))
        seen["get"] = await refused(lambda: self.experiments.get(experiment_id=created["id"]))
        seen["again"] = await refused(lambda: self.experiments.delete(experiment_id=created["id"]))
        seen["project_gone"] = await refused(lambda: self.client.projects.get(project_name=project))
        seen["left"] = [experiment["name"] for experiment in await self.list()]
        return seen

    async def read_datasets(self) -> Values:
        """Appending makes a version; both stay readable, by id and by name; an old experiment keeps its examples."""
        grown = await settled(
            self.datasets.add_examples_to_dataset(
                dataset=self.name,
                examples=[
                    {"input": {"question": "Oman?"}, "output": {"answer": "Muscat"}, "metadata": {}, "id": "oman-1"},
                    {"input": {"question": "Chad?"}, "output": {}, "metadata": {"place": 9}, "id": "chad-1"},
                ],
            )
        )
        seen: Values = {"grown": grown.to_dict()}
        seen["by_name"] = (await settled(self.datasets.get_dataset(dataset=self.name))).to_dict()
        old = self.datasets.get_dataset(dataset=self.dataset.id, version_id=self.dataset.version_id)
        seen["old"] = (await settled(old)).to_dict()
        seen["versions"] = await settled(self.datasets.get_dataset_versions(dataset=self.name))
        seen["experiment"] = await self.get()
        seen["unknown"] = await refused(lambda: self.datasets.get_dataset(dataset=f"nothing {self.suffix}"))
        every = await settled(self.datasets.list())
        seen["listed"] = [dataset for dataset in every if dataset["name"] == self.name]
        return seen

    async def splits(self) -> Values:
        """Examples with the caller's ids and splits; an experiment over one split; the same name again replaces."""
        name = f"with-ids {self.suffix}"
        examples = [
            {"id": "a", "input": {"question": "1"}, "output": {"answer": "1"}, "metadata": {}, "splits": ["train"]},
            {"id": "b", "input": {"question": "2"}, "output": {"answer": "4"}, "metadata": {}, "splits": "test"},
            {"id": "c", "input": {"question": "3"}, "output": {"answer": "9"}, "metadata": {}, "splits": ["train", "hard"]},
        ]
        created = await settled(self.datasets.create_dataset(name=name, examples=examples))
        part = await settled(self.datasets.get_dataset(dataset=name, splits=["train"]))
        over = self.experiments.run_experiment(dataset=part, task=answer, evaluators=[exact], experiment_name="split", print_summary=False)
        seen: Values = {"created": created.to_dict(), "part": part.to_dict(), "ran": ran(await settled(over))}
        seen["experiment"] = await settled(self.experiments.get(experiment_id=seen["ran"]["experiment_id"]))
        seen["unknown"] = await refused(lambda: self.datasets.get_dataset(dataset=name, splits=["nope"]))
        same = await settled(self.datasets.create_dataset(name=name, examples=examples))
        seen["same_version"] = same.version_id == created.version_id
        examples[1] = {**examples[1], "output": {"answer": "four"}}
        seen["changed"] = (await settled(self.datasets.create_dataset(name=name, examples=examples[:2]))).to_dict()
        seen["versions"] = len(await settled(self.datasets.get_dataset_versions(dataset=name)))
        return seen

    async def dry_run(self) -> Values:
        before = len(await self.list())
        tried = self.experiments.run_experiment(dataset=self.dataset, task=answer, evaluators=[exact], dry_run=2, print_summary=False)
        values = ran(await settled(tried))
        return {"runs": len(values["task_runs"]), "more_experiments": len(await self.list()) - before}

    async def pages(self) -> Values:
        """More rows than the client asks for at once: every list has to be read to its end."""
        inputs = [{"question": str(number)} for number in range(MANY)]
        large = await settled(self.datasets.create_dataset(name=f"large {self.suffix}", inputs=inputs))
        made = []
        for number in range(MANY):
            created = await settled(self.experiments.create(dataset_id=large.id, experiment_name=f"number {number}"))
            made.append(created["id"])
        listed = await settled(self.experiments.list(dataset_id=large.id))
        evaluators = {"loud": lambda output: output.isupper()}
        await settled(self.experiments.resume_experiment(experiment_id=made[0], task=Failing("7"), print_summary=False, retries=0))
        await settled(self.experiments.resume_evaluation(experiment_id=made[0], evaluators=evaluators, print_summary=False))
        read = ran(await settled(self.experiments.get_experiment(experiment_id=made[0])))
        return {
            "newest_first": [experiment["id"] for experiment in listed] == made[::-1],
            "counts": await settled(self.experiments.get(experiment_id=made[0])),
            "runs": len(read["task_runs"]),
            "evaluations": len(read["evaluation_runs"]),
        }


STEPS: tuple[Callable[[Scenario], Awaitable[Any]], ...] = (
    Scenario.create_dataset,
    Scenario.run_experiment,
    Scenario.get,
    Scenario.project,
    Scenario.evaluate_again,
    Scenario.get_experiment,
    Scenario.resume_experiment,
    Scenario.log,
    Scenario.delete,
    Scenario.read_datasets,
    Scenario.splits,
    Scenario.list,
    Scenario.dry_run,
    Scenario.tokens,
    Scenario.pages,
)


async def main(url: str, mode: str, suffix: str) -> None:
    logging.disable(logging.ERROR)  # the client logs every error of a task or evaluator, and these fail on purpose
    client = AsyncClient(base_url=url) if mode == "async" else Client(base_url=url)
    scenario = Scenario(client, url, suffix)
    seen = {step.__name__: await step(scenario) for step in STEPS}
    print(json.dumps(seen, default=str))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
