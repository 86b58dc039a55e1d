"""What a dialect is: routes, and how they decode requests into canonical calls and encode canonical replies.

A dialect's folder holds one `Adapter` made of data; everything here reads that data.
"""

from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Annotated, Any, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapters.body import read_json
from adapters.demo import Demo
from adapters.http import Request, Response, json_response
from adapters.mapping import SAME, Codec, Shape, pick
from adapters.notes import Fate
from adapters.scope import Scope
from adapters.unserved import NotServed
from schemas.errors import Code, CrosswalkError, Issue, Reason
from schemas.ids import Kind
from schemas.json import Json, JsonObject
from schemas.operations import SPECS, Call, Caller, Op

Plan = Generator[Call, Any, Any]
"""A recipe: yields canonical calls, is sent each one's reply (errors are thrown in), returns the canonical document to answer with."""


class WireModel(BaseModel):
    """A vendor's body or query as it is on the wire. Unknown fields are kept, so that nothing disappears unseen."""

    model_config = ConfigDict(extra="allow")


class Options(BaseModel):
    """A dialect's `[surfaces.NAME]` settings.

    `requests_per_minute` is how often each scope may ask the surface (what is passed on as it is does not count); None does not limit anybody.
    `release` is the version of the vendor's server that the surface behaves as, "" for the newest that is known.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    requests_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] | None = None

    @property
    def release(self) -> str:
        return ""


DOUBTFUL = "doubtful"
"""In an experiment as an answer shows it: the vendor's ids of the runs of which the answer does not tell whether they failed. They are counted as succeeded."""


@dataclass(frozen=True)
class Route:
    """One way to ask for one operation, usable at both ends.

    `path` is a Starlette path below the dialect's mount, and a format template for calling the vendor. `args` maps path and query parameters (one flat
    object) to the operation's arguments, `fixed` adds constants. `query` and `body` validate what came; `request` maps the body to the operation's body,
    `body_args` to further arguments (filters a vendor takes in the body, say). `into_body` names path and query parameters that belong to the operation's
    body. `given` names a query parameter that makes this row answer instead of the other row of the same method and path.

    `reply` encodes the canonical reply and `wrap` puts it in the vendor's envelope. `plan` replaces the single call by a recipe. `present` makes the whole
    answer where it is not JSON. `answer` is the documented reply (a model, a list of one, a media type of what is not JSON; all that it may be in a tuple,
    None among them), `described` the documented body where that is checked by hand: a model, or the media type of what is not JSON; `form` the fields of a
    multipart form that is taken besides. `evidence` says how we
    know the route (the reference's tag), `summary` what it does. A `share` below 1 is the part of the surface's
    requests per minute that this route allows, counted apart.

    To call the vendor, rows without `plan` and `present` can be used as they are; `calls` says so of others, whose `plan` or `present` concerns serving
    alone (or forbids it). `sent` are query parameters of our own requests, `taken` reads the vendor's whole answer where `wrap` and `reply` only write it.
    A `piece` gives only a part of the canonical reply: recipes use it, callers are not answered from it. `most` is how many records one request takes.
    `way` says the call where that takes several of the vendor's: a recipe in which a call of the row's own operation is the row itself. `serial` names the
    argument by whose value such calls are made one after another, `account` the wire field that holds the account's project where the call names none.
    `keyed`: the vendor carries out a write once per `Idempotency-Key`. `when` says which calls the row is for, `passes` after which errors the operation's
    next row is asked. `needs` are body fields without which there is nothing to tell the vendor. `identified` puts ids into a reply that follow from the
    call, `find` looks for a record that was made and whose id the answer does not tell.
    `reread` is the operation that reads the record, where the answer to a write does not show it. `naming` makes an id for a new record whose maker may
    choose it, so that it is found again when no answer came. `again` makes another request of one that the vendor refused, None where that is no use.

    `uncounted` says of a record of a list whether only its own reading tells its counts, progress and status.

    `since` is the version of the vendor's server that the row came with, `before` says what else of the row was otherwise before a version.
    A row that `merges` is a list that may be asked of several targets at once, which the query parameter `target` names.
    """

    op: Op
    method: str
    path: str
    args: Shape = field(default_factory=Shape)
    fixed: Mapping[str, Json] = field(default_factory=dict)
    into_body: tuple[str, ...] = ()
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    body_required: bool = True
    request: Codec | None = None
    body_args: Codec | None = None
    reply: Codec = SAME
    wrap: Codec = SAME
    given: str = ""
    plan: Callable[[Call, Scope], Plan] | None = None
    present: Callable[["Route", Request, Call, Json, Scope], Response] | None = None
    read: Callable[[Request, Scope], Json] | None = None
    answer: Any = None
    described: type[BaseModel] | str | None = None
    form: type[BaseModel] | None = None
    ok: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    evidence: str = ""
    summary: str = ""
    documented: bool = True
    share: float = 1.0
    calls: bool | None = None
    sent: Mapping[str, str] = field(default_factory=dict)
    taken: Codec | None = None
    piece: bool = False
    most: int | None = None
    way: Callable[[Call, Scope], Plan] | None = None
    serial: str = ""
    account: str = ""
    keyed: bool = False
    when: Callable[[Call], bool] | None = None
    passes: Callable[[CrosswalkError], bool] | None = None
    needs: tuple[str, ...] = ()
    identified: Callable[[Call, Json], Json] | None = None
    find: Callable[[Call, Scope], Plan] | None = None
    reread: Op | None = None
    naming: Callable[[], str] | None = None
    again: Callable[[CrosswalkError, Request], Request | None] | None = None
    uncounted: Callable[[JsonObject], bool] | None = None
    merges: bool = False
    since: str = ""
    before: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def callable(self) -> bool:
        """Whether the row can be used to call the vendor."""
        if SPECS[self.op].body is not None and self.request is None:
            return False
        return self.plan is None and self.present is None if self.calls is None else self.calls

    @property
    def writes(self) -> bool:
        """Whether the operation changes anything (a viewer may not)."""
        return SPECS[self.op].writes

    def steps(self, call: Call, scope: Scope) -> Plan:
        """The recipe that answers `call`."""
        return self.plan(call, scope) if self.plan else _single(call)


@dataclass(frozen=True)
class Plain:
    """A fixed page of a dialect that concerns no operation (a version probe, say). `open` pages need no key."""

    method: str
    path: str
    respond: Callable[[Request, Scope], Response]
    open: bool = False
    summary: str = ""
    evidence: str = ""


@dataclass(frozen=True)
class Release:
    """How a vendor's server tells its version: a header of its answers (lower case), and a page that holds nothing else."""

    header: str
    page: str


@dataclass(frozen=True)
class KeyHeader:
    """How a vendor wants its key: a header (name in lower case) and a template for its value."""

    name: str = "authorization"
    value: str = "Bearer {key}"

    def of(self, key: str) -> tuple[str, str]:
        """The header with a key in it."""
        return self.name, self.value.format(key=key)


ErrorRenderer = Callable[[CrosswalkError, Request | None, Route | None, Scope], Response]
ErrorReader = Callable[[int, Mapping[str, str], bytes], CrosswalkError]
"""What an answer of the vendor with a status of 400 or more means: status, headers (lower-case names), body."""

Owner = Callable[[str], str]
"""The vendor's id of the record that another one belongs to, from the vendor's id of that."""


@dataclass(frozen=True)
class Adapter:
    """A dialect, served under `/PREFIX` (its name unless given).

    `mounts` are the prefixes its routes are served under below that; `slash` also serves each path with a trailing slash added or removed.
    `headers` gives what every answer of the dialect carries. `not_served` names the vendor's operations that are not here.
    `checked` tells, by `METHOD path`, who was answered rightly and on which day; `python -m tests.coverage` writes it.
    `statuses` gives each error its HTTP status, `finer_statuses` those that an operation's errors of a finer cause have besides, `error_bodies` how errors
    are described: models by media type, None for what is not JSON.
    `key_header` is how the vendor wants its key. `demo` shows the dialect off, given a name for what it makes.

    For calling the vendor: `read_error` reads its errors; `numbered` are the kinds of records whose ids are numbers, so that ours follow by arithmetic;
    `unlisted` the kinds whose ids it gives when a record is made and never again; `slots` the canonical field of a kind of record that holds any JSON of
    ours; `stores` says that the vendor only stores: its experiments are run by the client. `largest_page` is the most it lists at a time. `groups` says that
    it knows experiments of several variants, `together` which of them it takes as one where it does not know all. `outgoing` are rows for calling alone,
    which come before `routes`; `owners` tell from an id what the record belongs to; `write_headers` go with every write; `denied` sees in the body of a
    successful answer that the call failed all the same.
    `waits` says that it knows runs that have yet to get their output: where it does not, they have their places here.
    `judges` says that it scores the runs that its callers bring: where it does not, the gateway does.
    `repeats` says that its experiments run an example as often as is asked, `grows` that they take rows beyond those of their dataset: where one is false,
    several of its experiments stand together for one. `snapshots` says that a version of a dataset is there only when somebody took it, so that the latest
    one need not be what the dataset holds.
    `per_minute` is how many calls the vendor allows in a minute. `deferred` are the writes it cannot take at once: runs of a caller have places of the vendor's
    own making, which appear some time after their experiment and are told by their input alone, so that such writes are accepted and delivered later.
    `incarnation` are the canonical fields that tell a record from a later one, of each kind for which the vendor gives the ids of deleted records again.
    `release` is how a server tells its version, where servers of several versions are about; `before` says what of all this was otherwise before one.
    """

    name: str
    title: str
    routes: tuple[Route, ...]
    render_error: ErrorRenderer
    prefix: str = ""
    mounts: tuple[str, ...] = ("",)
    pages: tuple[Plain, ...] = ()
    not_served: tuple[NotServed, ...] = ()
    checked: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    slash: bool = False
    options: type[Options] = Options
    read_body: Callable[[Request, Scope], Json] | None = None
    headers: Callable[[Scope], Mapping[str, str]] | None = None
    key_header: KeyHeader = KeyHeader()
    statuses: Mapping[Code, int] = field(default_factory=dict)
    error_bodies: Mapping[str, type[BaseModel] | None] = field(default_factory=dict)
    finer_statuses: Callable[[Op], Iterable[int]] | None = None
    vocabularies: Mapping[str, Codec] = field(default_factory=dict)
    id_example: str = ""
    demo: Callable[[str], Demo] | None = None
    read_error: ErrorReader | None = None
    numbered: frozenset[Kind] = frozenset()
    unlisted: frozenset[Kind] = frozenset()
    slots: Mapping[Kind, str] = field(default_factory=dict)
    stores: bool = False
    largest_page: int | None = None
    groups: bool = False
    judges: bool = True
    waits: bool = True
    repeats: bool = True
    grows: bool = True
    together: Callable[[Call], bool] | None = None
    snapshots: bool = False
    outgoing: tuple[Route, ...] = ()
    owners: Mapping[Kind, Owner] = field(default_factory=dict)
    write_headers: Mapping[str, str] = field(default_factory=dict)
    denied: Callable[[bytes], bool] | None = None
    per_minute: int | None = None
    deferred: frozenset[Op] = frozenset()
    incarnation: Mapping[Kind, tuple[str, ...]] = field(default_factory=dict)
    release: Release | None = None
    before: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @cached_property
    def by_operation(self) -> Mapping[Op, tuple[Route, ...]]:
        """The routes of each operation, in table order."""
        found: dict[Op, tuple[Route, ...]] = {}
        for route in self.routes:
            found[route.op] = (*found.get(route.op, ()), route)
        return found

    def asking(self, op: Op) -> tuple[Route, ...]:
        """The rows by which the vendor can be asked for an operation, in the order they are tried."""
        return tuple(route for route in (*self._outgoing.get(op, ()), *self.by_operation.get(op, ())) if route.callable)

    @cached_property
    def _outgoing(self) -> Mapping[Op, tuple[Route, ...]]:
        found: dict[Op, tuple[Route, ...]] = {}
        for route in self.outgoing:
            found[route.op] = (*found.get(route.op, ()), route)
        return found

    def decode(self, route: Route, request: Request, scope: Scope, caller: Caller | None = None) -> Call:
        """The canonical call a request means.

        Raises `CrosswalkError`: INVALID_REQUEST with every wrong field of query and body at once, before any id is looked at; then what the ids say.
        """
        issues: list[Issue] = []
        query = self._query(route, request, issues)
        body = self._body(route, request, scope, issues)
        if issues:
            raise CrosswalkError(Code.INVALID_REQUEST, _summary(issues), Reason.VALIDATION, issues=tuple(issues))
        params = {**query, **request.path_params}
        moved = {name: params.pop(name) for name in route.into_body if name in params}
        if moved:
            body = {**(body or {}), **moved}
        args = {**route.args.decode(params, scope), **route.fixed}
        if route.body_args is not None:
            taken, body = split(body, route.body_args)
            args = _narrowed(args, route.body_args.decode(taken, scope))
        args.pop("extensions", None)
        spec = SPECS[route.op]
        content = None
        if spec.body is not None:
            shape = route.request or SAME
            content = _canonical(spec.body, shape.decode({} if body is None else body, scope))
        return Call(route.op, _canonical(spec.args, args), content, caller or Caller())

    def encode(self, route: Route, request: Request, call: Call, reply: Json, scope: Scope) -> Response:
        """The answer that says a canonical reply in this dialect."""
        scope = scope.for_reply()
        if route.present is not None:
            return route.present(route, request, call, reply, scope)
        if route.ok == 204:
            return Response(204, b"", None, route.headers)
        content = route.wrap.encode(route.reply.encode(reply, scope), scope)
        return json_response(route.ok, content, route.headers)

    def _query(self, route: Route, request: Request, issues: list[Issue]) -> JsonObject:
        if route.query is None:
            return {}
        given: JsonObject = {}
        for name, value in request.query:
            annotation = route.query.model_fields[name].annotation if name in route.query.model_fields else None
            if _is_list(annotation):
                given.setdefault(name, []).append(value)
            else:
                given[name] = value
        validated: JsonObject = _validate(route.query, given, "query", issues, defaults=True)
        return validated

    def _body(self, route: Route, request: Request, scope: Scope, issues: list[Issue]) -> Json:
        if route.body is None and route.request is None and route.body_args is None:
            return None
        read = route.read or self.read_body or read_plain
        try:
            content = read(request, scope)
        except CrosswalkError as error:
            if error.code is not Code.INVALID_REQUEST or not issues:
                raise
            issues.extend(error.issues)
            return None
        if content is None and not route.body_required:
            return {}
        if route.body is None:
            return content
        return _validate(route.body, content, "body", issues)


def read_plain(request: Request, scope: Scope) -> Json:
    """The JSON body of a request, None when it is empty; strict about everything (see `read_json`)."""
    return read_json(request.body) if request.body.strip() else None


def issues_of(error: ValidationError, *prefix: str) -> list[Issue]:
    """A pydantic error as issues, under a path prefix."""
    return [
        Issue((*prefix, *item["loc"]), item["msg"], item["type"], item["input"], dict(item.get("ctx", {})))
        for item in error.errors(include_url=False)
    ]


def split(body: Json, arguments: Codec) -> tuple[Json, Json]:
    """The fields of a body that are arguments, and the rest. A codec without rows sees the whole body, which then stays as it is."""
    body = {} if body is None else body
    if not isinstance(arguments, Shape) or not isinstance(body, dict):
        return body, body
    claimed = {path[0] for row in arguments.rows for path in row.claims_wire}
    return {name: body[name] for name in body if name in claimed}, {name: body[name] for name in body if name not in claimed}


def _validate(model: type[BaseModel], content: Json, where: str, issues: list[Issue], *, defaults: bool = False) -> Any:
    """The validated content: only what was sent, or (`defaults`) with the model's defaults that are not null."""
    try:
        return model.model_validate(content).model_dump(exclude_unset=not defaults, exclude_none=defaults, by_alias=True)
    except ValidationError as error:
        issues.extend(issues_of(error, where))
        return {}


def _narrowed(args: JsonObject, more: JsonObject) -> JsonObject:
    """Arguments from the path and query with those from the body; conditions of both hold."""
    both = {"where": {"all": [args["where"], more["where"]]}} if "where" in args and "where" in more else {}
    return {**args, **more, **both}


def _canonical(model: type[Any], content: Json) -> Any:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        issues = tuple(_plainly(issue) for issue in issues_of(error))
        raise CrosswalkError(Code.INVALID_REQUEST, _summary(issues), Reason.VALIDATION, issues=issues) from None


def _plainly(issue: Issue) -> Issue:
    """Without the name of the class that the validator would have liked to see."""
    return replace(issue, message="Input should be an object") if issue.type in ("model_type", "model_attributes_type") else issue


def _summary(issues: Iterable[Issue]) -> str:
    return "; ".join(": ".join(filter(None, (issue.place, issue.message))) for issue in issues)


def _is_list(annotation: Any) -> bool:
    origin = get_origin(annotation)
    return origin is list or any(get_origin(part) is list for part in getattr(annotation, "__args__", ()))


def _single(call: Call) -> Plan:
    reply = yield call
    return reply


@dataclass(frozen=True)
class Envelope:
    """The reply under one name: `{"data": reply}`; `constants` stand beside it."""

    name: str
    constants: Mapping[str, Json] = field(default_factory=dict)

    def decode(self, value: Json, scope: Scope) -> Json:
        return value[self.name]

    def encode(self, value: Json, scope: Scope) -> Json:
        return {**self.constants, self.name: value}


def note_unsaid(page: JsonObject, said: Mapping[str, Any], scope: Scope) -> None:
    """Note what a page tells beside its items and the list of this dialect has no place for; `said` maps the names to something true where it has."""
    for name, value in page.items():
        if value is not None and not said.get(name):
            scope.note(Fate.LOST, "", name, "no place for it in the lists of this dialect")


@dataclass(frozen=True)
class Listing:
    """A page whose items are translated by one codec, written under vendor names (`items` "" = a bare array)."""

    item: Codec
    items: str = "items"
    next_cursor: str | None = None
    cursor: Codec = SAME
    total: str | None = None

    def decode(self, value: Json, scope: Scope) -> JsonObject:
        entries = value if not self.items else value[self.items]
        inner = scope.at(f"{self.items}/*", "items/*")
        page: JsonObject = {"items": [self.item.decode(entry, inner) for entry in entries]}
        if self.next_cursor and pick(value, (self.next_cursor,)):
            page["next_cursor"] = self.cursor.decode(value[self.next_cursor], scope)
        if self.total:
            page["total"] = value[self.total]
        return page

    def encode(self, value: Json, scope: Scope) -> Json:
        inner = scope.at(f"{self.items}/*", "items/*")
        entries = [self.item.encode(entry, inner) for entry in value["items"]]
        note_unsaid(value, {"items": self.item, "next_cursor": self.next_cursor, "total": self.total}, scope)
        if not self.items:
            return entries
        page: JsonObject = {self.items: entries}
        if self.next_cursor:
            following = value.get("next_cursor")
            page[self.next_cursor] = following if following is None else self.cursor.encode(following, scope)
        if self.total:
            page[self.total] = value.get("total")
        return page
