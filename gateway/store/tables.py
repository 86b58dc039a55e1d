"""Every table of the store. A row's `id` is the `number` inside the canonical id of its kind.

Primary keys are never used twice. Columns named `scope` hold the owner (`Caller.scope`); every query filters by it. JSON columns hold text.
"""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, LargeBinary, MetaData, Table, Text, UniqueConstraint, false

from gateway.store.types import JsonText, Moment, Number

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

EVERYONE = ""
"""The scope of records that belong to the store itself and that every caller sees (the project `default`)."""


def _number() -> Column[int]:
    return Column("id", Number, primary_key=True, autoincrement=True)


def _text(name: str, required: bool = False) -> Column[str]:
    return Column(name, Text, nullable=not required)


def _json(name: str, required: bool = False) -> Column[Any]:
    return Column(name, JsonText, nullable=not required)


def _whole(name: str, required: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=not required)


def _counter(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default="0")


def _real(name: str) -> Column[float]:
    return Column(name, Float(53))


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=false())


def _maybe(name: str) -> Column[bool]:
    return Column(name, Boolean)


def _time(name: str, required: bool = False) -> Column[Any]:
    return Column(name, Moment, nullable=not required)


def _owner(name: str, target: str) -> Column[int]:
    return Column(name, Number, ForeignKey(target, ondelete="CASCADE"), nullable=False)


def _times() -> list[Column[Any]]:
    return [_time("created_at", required=True), _time("updated_at", required=True)]


def _table(name: str, *parts: Any) -> Table:
    """A table with an automatic key that is never used twice."""
    return Table(name, metadata, _number(), *parts, sqlite_autoincrement=True)


meta = Table("meta", metadata, Column("key", Text, primary_key=True), _text("value", required=True))

datasets = _table(
    "datasets",
    _text("scope", required=True),
    _text("alias"),
    _text("name", required=True),
    _text("description"),
    _text("project"),
    _json("metadata", required=True),
    _json("tags", required=True),
    _json("extensions", required=True),
    _counter("version_id"),  # the latest version
    _counter("example_count"),
    _counter("next_position"),
    *_times(),
    Index(None, "scope", "name"),
)

dataset_versions = _table(
    "dataset_versions",
    _owner("dataset_id", "datasets.id"),
    _whole("number", required=True),
    _text("label"),
    _text("description"),
    _json("metadata", required=True),
    _json("extensions", required=True),
    _counter("example_count"),
    _text("content_hash", required=True),
    _text("created_by"),
    _whole("snapshot_number"),  # counts the snapshots somebody asked for; NULL: nobody asked for this one
    *_times(),
    UniqueConstraint("dataset_id", "number"),
)

examples = _table(
    "examples",
    _owner("dataset_id", "datasets.id"),
    _whole("position", required=True),
    _text("alias"),
    _json("source"),
    _counter("revision_id"),  # the latest revision
    _flag("deleted"),  # as of the latest version
    _time("created_at", required=True),
    UniqueConstraint("dataset_id", "position"),
    Index(None, "dataset_id", "alias"),
)

example_revisions = _table(
    "example_revisions",
    _owner("dataset_id", "datasets.id"),
    _owner("example_id", "examples.id"),
    _owner("version_id", "dataset_versions.id"),
    _flag("deleted"),
    _json("input"),
    _json("reference"),
    _json("output"),
    _json("metadata", required=True),
    _json("extensions", required=True),
    _text("content_hash", required=True),
    _time("created_at", required=True),
    Index(None, "dataset_id", "version_id"),
    Index(None, "example_id"),
)

splits = _table(
    "splits",
    _text("scope", required=True),
    _text("name", required=True),
    _text("description"),
    _text("color"),
    _json("metadata", required=True),
    _json("extensions", required=True),
    *_times(),
    UniqueConstraint("scope", "name"),
)

example_splits = Table(
    "example_splits",
    metadata,
    Column("example_id", Number, ForeignKey("examples.id", ondelete="CASCADE"), primary_key=True),
    Column("split_id", Number, ForeignKey("splits.id", ondelete="CASCADE"), primary_key=True),
    Index(None, "split_id"),
    sqlite_with_rowid=False,
)

experiments = _table(
    "experiments",
    _text("scope", required=True),
    _text("alias"),
    _text("name", required=True),
    _text("description"),
    _text("form", required=True),
    Column("dataset_id", Number, ForeignKey("datasets.id", ondelete="CASCADE")),
    _whole("dataset_version_id"),
    _json("splits"),  # names, as asked for
    _flag("is_group"),  # several variants: the arms are rows of their own and hold the runs
    Column("group_id", Number, ForeignKey("experiments.id", ondelete="CASCADE")),
    _whole("variant_position"),
    _text("variant"),  # the variant's name
    _json("steps"),  # the variant's chain; NULL on a group and on a draft without a variant
    _flag("caller_runs"),  # the chain only waits: somebody else runs it, and the status follows the counts
    _json("evaluators", required=True),
    _json("pipelines", required=True),
    _whole("repetitions", required=True),
    _whole("concurrency"),
    _whole("batch_size"),
    _text("generation_method"),
    _text("metric"),
    _real("alpha"),
    _real("threshold"),
    _text("status", required=True),
    _flag("stated"),  # the status is what somebody said, not what the counts say
    _text("native_status"),
    _text("verdict"),
    _json("reported"),
    _counter("example_count"),  # size of the frozen set
    _counter("succeeded"),
    _counter("failed"),
    _counter("waiting"),
    _time("started_at"),
    _time("completed_at"),
    _text("error"),
    _text("project"),
    _text("trace_project"),
    _json("tags", required=True),
    _json("metadata", required=True),
    _maybe("tracing"),
    _text("workflow_name"),
    _maybe("starred"),
    _text("created_by"),
    _text("delivery"),
    _json("extensions", required=True),
    *_times(),
    Index(None, "scope", "id"),
    Index(None, "dataset_id"),
    Index(None, "group_id"),
    Index(None, "status"),
)

experiment_examples = Table(
    "experiment_examples",
    metadata,
    Column("experiment_id", Number, ForeignKey("experiments.id", ondelete="CASCADE"), primary_key=True),
    Column("example_id", Number, ForeignKey("examples.id", ondelete="CASCADE"), primary_key=True),
    _whole("revision_id", required=True),
    _whole("position", required=True),
    Index(None, "example_id"),
    sqlite_with_rowid=False,
)

runs = _table(
    "runs",
    _owner("experiment_id", "experiments.id"),
    _owner("example_id", "examples.id"),
    _whole("revision_id", required=True),  # supplies input and reference where the run's own are NULL
    _whole("position", required=True),
    _whole("repetition", required=True),
    _json("input"),
    _json("output"),
    _json("reference"),
    _text("status", required=True),
    _text("native_status"),
    _text("error"),
    _time("started_at"),
    _time("ended_at"),
    _real("latency_ms"),
    _text("trace_id"),
    _text("model"),
    _whole("prompt_tokens"),
    _whole("completion_tokens"),
    _whole("total_tokens"),
    _real("cost"),
    _maybe("passed"),
    _real("score"),
    _json("metadata", required=True),
    _json("steps"),
    _text("delivery"),
    _json("extensions", required=True),
    *_times(),
    UniqueConstraint("experiment_id", "example_id", "repetition"),
    Index(None, "experiment_id", "id"),
    Index(None, "example_id"),
)

scores = _table(
    "scores",
    _owner("run_id", "runs.id"),
    _whole("experiment_id", required=True),
    _text("evaluator", required=True),
    _text("evaluator_id"),
    _text("evaluator_name"),
    _text("annotator_kind", required=True),
    _json("value"),
    _text("value_type"),
    _json("scale"),
    _maybe("passed"),
    _real("threshold"),
    _text("label"),
    _text("explanation"),
    _text("error"),
    _json("metadata", required=True),
    _text("trace_id"),
    _time("started_at"),
    _time("ended_at"),
    _json("extensions", required=True),
    *_times(),
    UniqueConstraint("run_id", "evaluator"),
    Index(None, "experiment_id", "id"),
)

tags = _table(
    "tags",
    _owner("dataset_id", "datasets.id"),
    _owner("experiment_id", "experiments.id"),
    _text("name", required=True),
    _text("description"),
    _json("extensions", required=True),
    *_times(),
    UniqueConstraint("dataset_id", "name"),
    Index(None, "experiment_id"),
)

evaluators = _table(
    "evaluators",
    _text("scope", required=True),
    _text("alias"),
    _text("slug"),
    _text("name", required=True),
    _text("kind", required=True),
    _text("value_type", required=True),
    _text("native_value_type"),
    _text("description"),
    _json("definition", required=True),
    _json("scale"),
    _json("choices", required=True),
    _real("threshold"),
    _json("passing"),
    _maybe("starred"),
    _json("tags", required=True),
    _json("metadata", required=True),
    _json("extensions", required=True),
    _whole("version", required=True),
    _text("version_id"),
    *_times(),
    UniqueConstraint("scope", "slug"),
    Index(None, "scope", "name"),
)

prompts = _table(
    "prompts",
    _text("scope", required=True),
    _text("name", required=True),
    _whole("version", required=True),
    _text("slug"),
    _text("description"),
    _text("template"),
    _json("messages"),
    _json("variables"),
    _text("model"),
    _text("project", required=True),  # empty for none: every database takes two NULLs for different
    _json("parameters", required=True),
    _json("tags", required=True),
    _json("metadata", required=True),
    _json("extensions", required=True),
    *_times(),
    UniqueConstraint("scope", "name", "project", "version"),
    Index(None, "scope", "slug"),
)

documents = _table(
    "documents",
    _text("scope", required=True),
    _text("kind", required=True),
    _text("key", required=True),
    _whole("version", required=True),
    _json("body", required=True),
    _json("extensions", required=True),
    *_times(),
    UniqueConstraint("scope", "kind", "key", "version"),
)

projects = _table(
    "projects",
    _text("scope", required=True),
    _text("kind", required=True),  # `trace` (a place traces are sent to) or `account`
    _text("name", required=True),
    _text("slug"),
    _text("description"),
    _text("organization_id"),
    _json("extensions", required=True),
    *_times(),
    UniqueConstraint("scope", "kind", "name"),
)

spans = _table(
    "spans",
    _text("scope", required=True),
    _text("trace_id", required=True),
    _text("span_id", required=True),
    _text("parent_id"),
    _text("name", required=True),
    _text("kind"),
    _text("project", required=True),
    _text("model"),
    _whole("prompt_tokens"),
    _whole("completion_tokens"),
    _real("cost"),
    _text("error"),
    _time("started_at"),
    _time("ended_at"),
    _time("created_at", required=True),
    UniqueConstraint("trace_id", "span_id", "scope"),
)

aliases = Table(
    "aliases",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("kind", BigInteger, primary_key=True, autoincrement=False),
    Column("alias", Text, primary_key=True),
    _whole("number", required=True),
    Index(None, "kind", "number"),
)

targets = _table("targets", _text("name", required=True), UniqueConstraint("name"))
foreign_ids = _table(
    "foreign_ids",
    Column("target", ForeignKey("targets.id"), nullable=False),
    _text("scope", required=True),
    _whole("kind", required=True),
    _text("native", required=True),  # the vendor's own id, as it sends it
    _time("created_at", required=True),
    UniqueConstraint("target", "scope", "kind", "native"),
)
asides = Table(
    "asides",
    metadata,
    Column("target", ForeignKey("targets.id"), primary_key=True, autoincrement=False),
    Column("scope", Text, primary_key=True),
    Column("record", Text, primary_key=True),  # the canonical id
    _json("body", required=True),
    _time("updated_at", required=True),
)
undertakings = Table(
    "undertakings",
    metadata,
    Column("target", ForeignKey("targets.id"), primary_key=True, autoincrement=False),
    Column("scope", Text, primary_key=True),
    Column("record", Text, primary_key=True),  # the experiment's canonical id
    _time("created_at", required=True),
)
intentions = Table(
    "intentions",
    metadata,
    Column("token", Text, primary_key=True),
    Column("target", ForeignKey("targets.id"), nullable=False),
    _text("scope", required=True),
    _text("dataset", required=True),  # the canonical id of what the experiment is over
    _time("created_at", required=True),
)
deliveries = _table(
    "deliveries",
    Column("target", ForeignKey("targets.id"), nullable=False),
    _text("scope", required=True),
    _text("experiment", required=True),  # canonical ids, as all ids here
    _text("run", required=True),
    _text("part", required=True),  # the evaluator of a score; empty for the run itself
    _text("example", required=True),
    _text("status", required=True),  # the run's; empty for a score
    _json("body", required=True),
    _json("kept", required=True),  # names of the fields that the target has no place for
    _text("state", required=True),
    _text("bound"),  # the target's own record that this one was, or is about to be, written to
    _flag("doubt"),  # it may have been written: look before writing again
    _counter("attempts"),
    _text("code"),
    _text("error"),
    _time("due_at", required=True),
    _time("leased_until"),
    _time("delivered_at"),
    *_times(),
    UniqueConstraint("target", "scope", "run", "part"),
    UniqueConstraint("target", "scope", "part", "bound", name="uq_deliveries_bound"),
    Index(None, "target", "state", "due_at"),
    Index(None, "target", "scope", "experiment"),
)
idempotency = _table(
    "idempotency",
    _text("scope", required=True),
    _text("target", required=True),
    _text("route", required=True),
    _text("key", required=True),
    _text("fingerprint", required=True),
    _whole("status"),  # the stored answer's HTTP status; NULL while the first attempt is under way
    _json("headers"),
    Column("body", LargeBinary),
    _time("created_at", required=True),
    _time("expires_at", required=True),
    UniqueConstraint("scope", "target", "route", "key"),
    Index(None, "expires_at"),
)

receipts = _table(
    "receipts",
    _text("scope", required=True),
    _text("request_id"),
    _json("body", required=True),
    _time("created_at", required=True),
    _time("expires_at", required=True),
    Index(None, "expires_at"),
)

shelves = _table(
    "shelves",
    Column("target", ForeignKey("targets.id"), nullable=False),
    _text("scope", required=True),
    _text("operation", required=True),
    _text("said", required=True),  # the arguments that the target was asked its list with, as JSON in a fixed order
    _time("as_of"),  # when the last whole reading of the list began; NULL: there was none
    _flag("outdated"),  # something happened of which it is not known what the list looks like since
    _time("begun_at"),  # when the reading under way began
    _json("position"),  # how far it has got
    _counter("calls"),  # of the last whole reading
    _real("seconds"),  # that it took
    _time("used_at", required=True),
    UniqueConstraint("target", "scope", "operation", "said"),
    Index(None, "used_at"),
)
shelved = _table(
    "shelved",
    _owner("shelf", "shelves.id"),
    _text("record", required=True),  # the canonical id, or what tells apart records without one
    _whole("made", required=True),  # created_at in microseconds; 0 when unknown
    _whole("number", required=True),  # decides between records made at the same time
    _text("name"),
    _text("dataset"),
    _text("project"),
    _text("form"),
    _flag("several"),  # one of several variants, or all of them
    _json("body", required=True),
    _time("seen_at", required=True),
    _time("changed_at"),  # when it was last changed through the gateway
    _flag("stale"),  # it was changed, and has not been read since
    _flag("gone"),  # kept for a while, so that a cursor still finds its place
    UniqueConstraint("shelf", "record"),
    Index(None, "shelf", "gone", "made", "number"),
)
