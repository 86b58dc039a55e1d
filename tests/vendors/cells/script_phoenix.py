"""An experiment run with arize-phoenix-client: two repetitions, a task that fails, two evaluators. Arguments: the base URL and the experiment's name."""

from __future__ import annotations

import logging
import sys
from typing import Any

import httpx
from phoenix.client import Client
from telling import collect, result, tell

OUTPUTS: dict[str, Any] = {"capital of France": "Paris", "capital of Japan": {"answer": ["Tokyo", None]}, "capital of Chad": None}
ANSWERS = {"capital of France": "Paris", "capital of Japan": "Tokyo", "capital of Chad": "N'Djamena"}
TURNS = (1, 2)


def task(input: dict[str, str]) -> Any:
    output = OUTPUTS[input["question"]]
    if output is None:
        raise RuntimeError("it broke")
    return output


def exact(output: Any, expected: dict[str, str]) -> float:
    return 1.0 if output == expected["answer"] else 0.5


def tone(output: Any) -> str:
    return "dry" if isinstance(output, str) else "formal"


def main(url: str, name: str) -> None:
    logging.disable(logging.CRITICAL)
    collect(httpx.Client)
    client = Client(base_url=url)
    dataset = client.datasets.create_dataset(
        name=f"data of {name}",
        inputs=[{"question": question} for question in OUTPUTS],
        outputs=[{"answer": answer} for answer in ANSWERS.values()],
    )
    experiments = client.experiments
    ran = experiments.run_experiment(
        dataset=dataset,
        task=task,
        evaluators=[exact, tone],
        experiment_name=name,
        repetitions=len(TURNS),
        retries=0,
        print_summary=False,
    )
    made = []
    for question, output in OUTPUTS.items():
        # The client has its evaluators judge failed runs, too.
        scores = {"exact": exact(output, {"answer": ANSWERS[question]}), "tone": tone(output)}
        told = ({"question": question}, {"answer": ANSWERS[question]}, output)
        made += [result(*told, failed=output is None, repetition=turn, **scores) for turn in TURNS]
    tell(made, read(experiments.get_experiment(experiment_id=ran["experiment_id"]), client.datasets.get_dataset(dataset=dataset.id)))


def read(experiment: Any, dataset: Any) -> list[dict[str, Any]]:
    examples = {example["id"]: example for example in dataset.examples}
    scores: dict[str, dict[str, Any]] = {}
    for run in experiment["evaluation_runs"]:
        found = run.result or {}
        scores.setdefault(run.experiment_run_id, {})[run.name] = found.get("label") if found.get("score") is None else found["score"]
    return [
        result(
            examples[run["dataset_example_id"]]["input"],
            examples[run["dataset_example_id"]]["output"],
            run["output"],
            failed=run.get("error") is not None,
            repetition=run["repetition_number"],
            **scores.get(run["id"], {}),
        )
        for run in experiment["task_runs"]
    ]


main(*sys.argv[1:])
