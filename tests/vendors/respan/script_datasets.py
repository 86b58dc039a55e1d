"""Every dataset call of respan-api 0.1.47, against the base URL given as the only argument."""

from __future__ import annotations

import datetime
import sys
from typing import Any

from respan import DatasetLogCreateRequest
from respan.datasets import ListDatasetsRequestFiltersValue
from support import ONCE, connect, eventually, plain, refused, tell, unique

datasets = connect(sys.argv[1]).datasets
MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Capital of France?"}]


def rows(dataset_id: str, **query: Any) -> Any:
    return datasets.list_dataset_logs(dataset_id, request_options=ONCE, **query)


def read_row(dataset_id: str, unique_id: str) -> Any:
    return plain(datasets.retrieve_dataset_log(dataset_id, unique_id, request_options=ONCE))


def named(name: str, **query: Any) -> Any:
    wanted = {"name": ListDatasetsRequestFiltersValue(operator="icontains", value=[name.upper()])}
    return plain(datasets.list_datasets(filters=wanted, request_options=ONCE, **query))


def rows_and_pages(dataset_id: str) -> dict[str, Any]:
    single = datasets.create_dataset_log(
        dataset_id,
        input="alpha beta",
        output="alpha",
        expected_output="alpha beta",
        metadata={"topic": "words", "rank": 1},
        metrics={"cost": 0.25, "total_request_tokens": 7},
        request_options=ONCE,
    )
    bulk = datasets.bulk_create_dataset_logs(
        dataset_id,
        logs=[
            DatasetLogCreateRequest(input=MESSAGES, expected_output={"answer": "Paris"}),
            DatasetLogCreateRequest(input={"question": "2+2?", "expected_output": "4"}, output="4"),
            DatasetLogCreateRequest(input="gamma", expected_output=["g", "a"]),
        ],
        request_options=ONCE,
    )
    return {
        "single": plain(single),
        "bulk": plain(bulk),
        "all": plain(rows(dataset_id)),
        "pages": [plain(rows(dataset_id, page=page, page_size=3)) for page in (1, 2, 3)],
        "row": read_row(dataset_id, single.unique_id),
        "row_again": read_row(dataset_id, single.unique_id),
    }


def edits(dataset_id: str, unique_id: str) -> dict[str, Any]:
    patched = datasets.update_dataset_log(dataset_id, unique_id, output="alpha beta", request_options=ONCE)
    after_patch = read_row(dataset_id, unique_id)
    replaced = datasets.replace_dataset_log(
        dataset_id, unique_id, input="delta", expected_output="delta", metadata={"topic": "new"}, request_options=ONCE
    )
    return {
        "patched": plain(patched),
        "after_patch": after_patch,
        "replaced": plain(replaced),
        "after_replace": read_row(dataset_id, unique_id),
        "summary": plain(datasets.summarize_dataset_logs_filtered(dataset_id, request_options=ONCE)),
    }


def removals(dataset_id: str, unique_id: str) -> dict[str, Any]:
    deleted = datasets.delete_dataset_log(dataset_id, unique_id, request_options=ONCE)
    gone = refused(lambda: read_row(dataset_id, unique_id))
    count_after_one = rows(dataset_id).count
    message = datasets.remove_dataset_logs(dataset_id, is_deleting_all_logs=True, request_options=ONCE)
    return {
        "deleted": deleted,
        "gone": gone,
        "count_after_one": count_after_one,
        "remove_all": plain(message),
        "after_all": plain(eventually(lambda: rows(dataset_id), lambda page: page.count == 0)),
    }


def evaluation(name: str) -> dict[str, Any]:
    dataset = datasets.create_dataset(name=name, is_empty=True, request_options=ONCE)
    for output in ("yes", "no", "no", "no"):
        datasets.create_dataset_log(dataset.id, input="agree?", output=output, expected_output="yes", request_options=ONCE)
    started = datasets.run_eval_on_dataset(dataset.id, evaluator_ids=["exact-match"], request_options=ONCE)
    reports = eventually(
        lambda: datasets.list_dataset_eval_runs(dataset.id, page=1, page_size=10, request_options=ONCE),
        lambda page: bool(page.results) and all(task.status == "completed" for task in page.results),
    )
    return {
        "dataset_id": dataset.id,
        "started": plain(started),
        "reports": plain(reports),
        "rows": plain(rows(dataset.id)),
        "summary": plain(datasets.summarize_dataset_logs_filtered(dataset.id, request_options=ONCE)),
    }


def imported(name: str) -> dict[str, Any]:
    dataset = datasets.create_dataset(name=name, is_empty=True, request_options=ONCE)
    longest_ago = datetime.datetime(2001, 1, 1, tzinfo=datetime.UTC)
    end = longest_ago + datetime.timedelta(days=1)
    reply = datasets.import_dataset_logs(dataset.id, start_time=longest_ago, end_time=end, request_options=ONCE)
    return {"reply": plain(reply), "rows": plain(rows(dataset.id))}


def main() -> None:
    name = unique("Support set")
    created = datasets.create_dataset(name=name, description="from the client", is_empty=True, request_options=ONCE)
    identifier = created.id
    content = rows_and_pages(identifier)
    unique_id = content["single"]["unique_id"]
    seen: dict[str, Any] = {
        "name": name,
        "created": plain(created),
        "content": content,
        "edits": edits(identifier, unique_id),
        "retrieved": plain(datasets.retrieve_dataset(identifier, request_options=ONCE)),
        "listed": named(name),
        "copy": plain(datasets.create_dataset(name=f"{name} copy", source_dataset_id=identifier, request_options=ONCE)),
    }
    copy_id = seen["copy"]["id"]
    seen["copy_rows"] = plain(eventually(lambda: rows(copy_id), lambda page: page.count == 4))
    seen["sorted"] = [named(name, sort_by=key) for key in ("created_at", "-created_at")]
    seen["past_the_end"] = named(name, page=9, page_size=1)
    seen["removals"] = removals(identifier, unique_id)
    seen["updated"] = plain(
        datasets.update_dataset(identifier, name=f"{name} renamed", description="other", starred=True, request_options=ONCE)
    )
    seen["after_update"] = plain(datasets.retrieve_dataset(identifier, request_options=ONCE))
    seen["evaluation"] = evaluation(unique("Reports"))
    seen["imported"] = imported(unique("Imported"))
    seen["deleted"] = datasets.delete_dataset(identifier, request_options=ONCE)
    seen["gone"] = refused(lambda: datasets.retrieve_dataset(identifier, request_options=ONCE))
    seen["rows_gone"] = refused(lambda: rows(identifier))
    seen["listed_after"] = named(name)
    tell(seen)


main()
