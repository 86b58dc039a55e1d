"""Translation without side effects: what another vendor would be asked, and what would become of each field."""

import json
import subprocess
import sys

import httpx
import pytest

from adapters.registry import discover
from gateway.translation import Question, translate
from schemas.errors import Code, CrosswalkError
from schemas.operations import Op

pytestmark = pytest.mark.anyio

CREATE = {"name": "haiku", "dataset_id": "004b07da-7c97-4499-9daa-c4371e204cbc", "evaluator_ids": ["exact-match"], "mystery": 1}
SERVER_RUN = {**CREATE, "workflow": [{"type": "completion", "config": {"model": "m", "top_p": 0.5}}]}


def test_what_the_gateway_does_itself_is_not_refused() -> None:
    found = translate(discover()["respan"], discover()["phoenix"], Op.CREATE_EXPERIMENT, Question(body=SERVER_RUN)).document()
    assert found["request"]["path"].startswith("/v1/datasets/")
    assert found["request"]["body"]["name"] == "haiku"
    assert found["refused"] == []
    emulated = found["receipt"]["target"]["emulated"]
    assert [note["canonical"] for note in emulated] == ["/variants/*/steps", "/evaluators"]
    assert all(note["reason"].endswith("the gateway runs the experiment") for note in emulated)
    assert found["receipt"]["source"]["kept_aside"][0]["wire"] == "/mystery"


def test_repetitions_that_become_experiments_are_not_refused() -> None:
    question = Question({"dataset_id": "RGF0YXNldDox"}, (), {"name": "x", "repetitions": 2})
    found = translate(discover()["phoenix"], discover()["respan"], Op.CREATE_EXPERIMENT, question).document()
    assert (found["refused"], found["receipt"]["target"]["emulated"][0]["canonical"]) == ([], "/repetitions")


def test_what_the_target_can_say_is_not_refused() -> None:
    body = {"name": "x", "repetitions": 3, "metadata": {"a": 1}}
    question = Question({"dataset_id": "RGF0YXNldDox"}, (), body)
    found = translate(discover()["phoenix"], discover()["canonical"], Op.CREATE_EXPERIMENT, question).document()
    assert found["refused"] == []
    assert found["request"]["path"] == "/experiments"
    assert found["request"]["body"]["repetitions"] == 3
    assert found["request"]["body"]["variants"][0]["steps"][0]["kind"] == "wait"


def test_what_the_source_refuses_is_refused() -> None:
    with pytest.raises(CrosswalkError) as refused:
        translate(
            discover()["phoenix"], discover()["canonical"], Op.CREATE_EXPERIMENT, Question({"dataset_id": "RGF0YXNldDox"}, (), {"name": 1})
        )
    assert refused.value.code is Code.INVALID_REQUEST


async def test_the_same_over_http_and_nothing_is_stored(client: httpx.AsyncClient) -> None:
    asked = {"from": "respan", "to": "evalguard", "operation": "create_experiment", "body": SERVER_RUN}
    answer = await client.post("/v1/translate", json=asked)
    assert answer.status_code == 200
    assert answer.json()["refused"] == ["/variants/*/steps"]
    assert (await client.get("/v1/experiments")).json()["items"] == []


@pytest.mark.parametrize(
    "asked", [{}, {"from": "x", "to": "phoenix", "operation": "create_experiment"}, {"from": "respan", "to": "phoenix", "operation": "fly"}]
)
async def test_a_wrong_question_is_said_to_be_one(client: httpx.AsyncClient, asked: dict[str, str]) -> None:
    answer = await client.post("/v1/translate", json=asked)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_command_ends_with_3_when_something_would_be_lost() -> None:
    command = [
        sys.executable,
        "-m",
        "gateway.cli",
        "translate",
        "--from",
        "respan",
        "--to",
        "evalguard",
        "--op",
        "create_experiment",
        "--json",
    ]
    done = subprocess.run(command, input=json.dumps(SERVER_RUN), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    assert json.loads(done.stdout)["refused"]
    assert "would be refused" in done.stderr


def test_an_operation_may_be_named_as_the_table_of_adapters_writes_it() -> None:
    command = [
        sys.executable,
        "-m",
        "gateway.cli",
        "translate",
        "--from",
        "respan",
        "--to",
        "evalguard",
        "--op",
        "create dataset",
        "--json",
    ]
    done = subprocess.run(command, input='{"name": "d"}', capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0
    assert json.loads(done.stdout)["operation"] == "create_dataset"


def test_a_run_over_inline_cases_is_shown() -> None:
    body = {**CREATE, "workflow": [{"type": "completion", "config": {"model": "m"}}]}
    found = translate(discover()["respan"], discover()["evalguard"], Op.CREATE_EXPERIMENT, Question(body=body)).document()
    assert (found["request"]["method"], found["request"]["path"]) == ("POST", "/api/v1/evals")
    assert (found["request"]["body"]["scorers"], found["request"]["body"]["model"]) == (["exact-match"], "m")
    assert found["refused"] == []
    wrong = translate(discover()["respan"], discover()["evalguard"], Op.CREATE_EXPERIMENT, Question(body=SERVER_RUN)).document()
    assert wrong["refused"] == ["/variants/*/steps"]
