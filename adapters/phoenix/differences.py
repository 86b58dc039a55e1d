"""Where this surface means to answer otherwise than server 20.26.1, and why. README's table is made of this."""

from typing import NamedTuple


class Difference(NamedTuple):
    """One intended difference: the subject, what the real server does, what happens here, and why."""

    topic: str
    real: str
    here: str
    reason: str


_HARMFUL = "no client can use a crash"

DIFFERENCES = (
    Difference(
        "`repetitions` 0 or negative",
        "500, yet the row is stored; reading it and every list that holds it then answer 500 for good",
        "422 validation JSON, nothing stored",
        "one bad request must not take a dataset's list away from everybody",
    ),
    Difference(
        "`repetitions` above 1,000,000", "accepted", "422 validation JSON", "what is still to run is listed repetition by repetition"
    ),
    Difference(
        "create run: malformed experiment or example id; evaluation: malformed run id", "500", "422 text `Invalid … ID format: …`", _HARMFUL
    ),
    Difference(
        "create run or evaluation for an experiment, example or run that does not exist",
        "500",
        "404 text `… with ID … does not exist`",
        "the documentation promises 404",
    ),
    Difference(
        "dataset, or its examples, with a row that is no integer; any row beyond 64 bits", "500", "404 text", "such a row cannot exist"
    ),
    Difference("`limit` beyond 64 bits", "500", "everything there is", "a larger limit asks for no more than all"),
    Difference("`repetition_number` beyond 64 bits", "500", "422 validation JSON", _HARMFUL),
    Difference("evaluation times as numbers or numeric text", "500", "422 validation JSON", "the documentation promises ISO 8601"),
    Difference(
        "evaluation score `Infinity`",
        "stored; `/json` then writes a bare `Infinity`, which is no JSON",
        "422 validation JSON",
        "what is stored must be readable again",
    ),
    Difference("half of a surrogate pair in a string", "500", "422 validation JSON (`json_invalid`)", "no UTF-8 can hold it"),
    Difference("JSON nested deeper than 200 levels", "refused where its parser overflows (some thousands)", "400 text", "depth is bounded"),
    Difference(
        "export of an experiment whose name holds characters beyond Latin-1, a quote or a line break",
        "500 for good, or a broken header",
        "`filename=\"…\"; filename*=UTF-8''…` (RFC 5987)",
        "a name must not make results unreachable",
    ),
    Difference(
        "ids after a delete",
        "the newest id is given to the next record",
        "an id is never given twice",
        "a stale id must not mean something else",
    ),
    Difference(
        "GET of an unknown path, or of a known one with a trailing slash",
        "200 `text/html`, the web interface, also without credentials",
        "404 text; 401 without credentials where keys are needed",
        "there is no web interface here, and a missing route must not look like success",
    ),
    Difference("HEAD", "200 `text/html`", "as GET, without the body", "RFC 9110"),
    Difference("GET of a path that only takes POST", "200 `text/html`", "405 text", "a missing method must not look like success"),
    Difference("`Allow` of a 405", "always `GET, HEAD`", "the methods that work", "RFC 9110"),
    Difference(
        "401", "`WWW-Authenticate` names an OAuth metadata document", "without that document", "keys are configured here, there is no OAuth"
    ),
    Difference(
        "`POST /v1/datasets/upload` without `sync=true`",
        "answers before the work is done",
        "answers after it",
        "nothing is acknowledged before it is stored",
    ),
    Difference(
        "server-set times",
        "whole seconds on SQLite",
        "microseconds, as the server has on PostgreSQL",
        "they order what happens within a second",
    ),
    Difference(
        "token counts in exports of runs recorded over REST",
        "null, even when the ingested spans carry them",
        "the sums of the trace's spans",
        "what a client sent about its run must not disappear",
    ),
    Difference(
        "users, GraphQL, annotations, sessions, models",
        "served",
        "422 text that names the operation and says why",
        "no experiment client calls them",
    ),
    Difference(
        "Arrow files: days, numbers that are not finite, lists, columns of numbers with a null",
        "500 from 20.26.1 for days, lists, a null or NaN among numbers; 11.38.0 takes them (an integer column with a null as floats)",
        "taken by either version, as 11.38.0 takes them, integers as the integers they are",
        _HARMFUL,
    ),
    Difference(
        "Arrow files: times, bytes, a file that breaks off",
        "500",
        "422 text that names the column and its type, or `File is not valid pyarrow`",
        _HARMFUL,
    ),
    Difference(
        "Arrow files: dictionary-encoded (categorical) columns, string views",
        "taken",
        "422 text that names the column and its type",
        "a few bytes of theirs can stand for any number of values",
    ),
    Difference(
        "Arrow files above 64 MiB once decompressed, 4,000,000 values or 10,000 batches",
        "taken",
        "422 text that names the limit",
        "a small file must not fill the memory",
    ),
    Difference(
        "Arrow files where the gateway has no `pyarrow`",
        "taken",
        "422 text that names the extra to install, `crosswalk-gateway[arrow]`",
        "only the client inside the server package of 2025 sends them, and the library is large",
    ),
    Difference(
        "uploads: a body that is no object, a form without a file, a file that cannot be decompressed, the same example id twice in a file",
        "500",
        "422 text that says what is wrong",
        _HARMFUL,
    ),
    Difference(
        "uploads: a name or description that is no text, a JSON line that is no object",
        "taken as it is (the line as an example without content)",
        "422 text that says so",
        "the documentation promises texts and objects",
    ),
    Difference(
        "source of an example whose span was never ingested",
        "null",
        "the span's id, its node id empty",
        "what a client sent must not disappear",
    ),
    Difference("order of a CSV row's fields", "any", "that of the columns named", "the same request is answered alike"),
    Difference("dataset without examples, read by id", "500", "the dataset, `example_count` 0", _HARMFUL),
    Difference("project of a name that is taken", "500", "409 text", _HARMFUL),
    Difference(
        "change or delete of a project by who is no admin", "403", "done for editors", "keys here have no rights of their own for projects"
    ),
    Difference("change of the default project", "done", "403 text", "everybody's spans go there"),
)
