"""Documents: what a dialect keeps around experiments, by kind and key, every version a record of its own."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, Select, bindparam, func, select

from gateway.local import conditions, listing, lookup
from gateway.local.handler import Reply
from gateway.store import Transaction
from gateway.store.tables import documents
from schemas.document import DocumentPatch, NewDocument
from schemas.errors import Code, CrosswalkError, Reason, invalid, unknown
from schemas.ids import Kind
from schemas.json_values import patched
from schemas.operations import Caller, DocumentArgs, DocumentsArgs, Op, PutDocumentArgs, UpdateDocumentArgs

_NEW = documents.insert()
_BY_NUMBER = select(documents).where(
    documents.c.id == bindparam("number"), documents.c.scope == bindparam("scope"), documents.c.kind == bindparam("kind")
)
_LATEST_VERSION = select(func.max(documents.c.version)).where(
    documents.c.scope == bindparam("scope"), documents.c.kind == bindparam("kind"), documents.c.key == bindparam("key")
)


def document(tx: Transaction, row: Row[Any]) -> Reply:
    """A document version's row as a document."""
    return {
        "id": tx.ids.make(Kind.DOCUMENT, row.id),
        "kind": row.kind,
        "key": row.key,
        "version": row.version,
        "body": row.body,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "extensions": row.extensions,
    }


def put(tx: Transaction, args: PutDocumentArgs, body: NewDocument, caller: Caller) -> Reply:
    """Keeps the next version of a document, or with `args.version` sets that version's body. The key is that of the arguments, else of the body, else made.

    Raises CrosswalkError (conflict) when `args.create` and the key is taken.
    """
    place = {"scope": caller.scope, "kind": args.kind, "key": _key(tx, args, caller.scope) or body.key or uuid4().hex}
    latest = tx.value(_LATEST_VERSION, place) or 0
    if args.create and latest:
        raise _taken(args.kind, place["key"])
    version = latest + 1 if args.version is None else args.version
    row = tx.first(_one(caller.scope, args.kind).where(documents.c.key == place["key"], documents.c.version == version))
    if row is not None:
        tx.execute(documents.update().where(documents.c.id == row.id).values(body=body.body, updated_at=tx.now))
        return _read(tx, row.id, place)
    times = {"created_at": tx.now, "updated_at": tx.now}
    number = tx.insert(_NEW, {**place, "version": version, "body": body.body, "extensions": {}, **times})
    return _read(tx, number, place)


def list_documents(tx: Transaction, args: DocumentsArgs, _body: None, caller: Caller) -> Reply:
    """The latest version of each document, or every version, newest first."""
    query = select(documents).where(documents.c.scope == caller.scope)
    if args.kind is not None:
        query = query.where(documents.c.kind == args.kind)
    if args.prefix is not None:
        # LIKE would not tell upper from lower case on every database.
        query = query.where(func.substr(documents.c.key, 1, len(args.prefix)) == args.prefix)
    if args.key is not None:
        query = query.where(documents.c.key == _named(tx, args.key, args.kind, caller.scope))
    if not args.versions:
        query = query.where(~_newer().exists())

    def render(rows: Sequence[Row[Any]]) -> list[Reply]:
        return [document(tx, row) for row in rows]

    return listing.page(tx, listing.Listing(Kind.DOCUMENT, query, documents.c.id, render), args)


def _newer() -> Select[Any]:
    """A later version of the same document."""
    other = documents.alias()
    return select(other.c.id).where(
        other.c.scope == documents.c.scope,
        other.c.kind == documents.c.kind,
        other.c.key == documents.c.key,
        other.c.version > documents.c.version,
    )


def get(tx: Transaction, args: DocumentArgs, _body: None, caller: Caller) -> Reply:
    """One document by key (the latest version, or that of a number), one version by its id; without a key the newest of the kind."""
    row = _version(tx, args, caller.scope) if args.key is not None and args.version is None else None
    return document(tx, _find(tx, args, caller.scope) if row is None else row)


def _version(tx: Transaction, args: DocumentArgs, scope: str) -> Row[Any] | None:
    number = tx.ids.number(args.key or "", Kind.DOCUMENT)
    return None if number is None else tx.first(_BY_NUMBER, {"number": number, "scope": scope, "kind": args.kind})


def update(tx: Transaction, args: UpdateDocumentArgs, body: DocumentPatch, caller: Caller) -> Reply:
    """Keeps the next version, the latest one changed by a merge patch; with `args.version` changes that version.

    `args.rename` moves every version to another key. Raises CrosswalkError (conflict) when that is taken, or the version to change does not meet
    `args.where`.
    """
    row = _find(tx, args, caller.scope)
    if not conditions.test(args.where)(document(tx, row)):
        reference = tx.ids.make(Kind.DOCUMENT, row.id)
        raise CrosswalkError(Code.CONFLICT, "The document is not as it would have to be.", Reason.TERMINAL, Kind.DOCUMENT, reference)
    key = args.rename or row.key
    if key != row.key:
        _move(tx, row, key)
    changed = NewDocument(body=patched(row.body, body.body))
    return put(tx, PutDocumentArgs(kind=args.kind, key=key, version=args.version), changed, caller)


def _move(tx: Transaction, row: Row[Any], key: str) -> None:
    if tx.value(_LATEST_VERSION, {"scope": row.scope, "kind": row.kind, "key": key}) is not None:
        raise _taken(row.kind, key)
    own = (documents.c.scope == row.scope) & (documents.c.kind == row.kind) & (documents.c.key == row.key)
    tx.execute(documents.update().where(own).values(key=key))


def _taken(kind: str, key: str) -> CrosswalkError:
    return lookup.duplicate(Kind.DOCUMENT, key, f"There is a {kind.replace('_', ' ')} {key!r} already.")


def delete(tx: Transaction, args: DocumentArgs, _body: None, caller: Caller) -> Reply:
    """Deletes every version of a document, or the one of a number."""
    if args.key is None:
        raise invalid("Which document to delete is missing.", "key", type="missing")
    row = _find(tx, args, caller.scope)
    chosen = documents.delete().where(documents.c.scope == caller.scope, documents.c.kind == args.kind, documents.c.key == row.key)
    gone = tx.execute(chosen if args.version is None else chosen.where(documents.c.version == args.version))
    return {"id": tx.ids.make(Kind.DOCUMENT, row.id), "count": gone.rowcount}


def _find(tx: Transaction, args: DocumentArgs, scope: str) -> Row[Any]:
    query, key = _one(scope, args.kind), _key(tx, args, scope)
    if key is not None:
        query = query.where(documents.c.key == key)
    if args.version is not None:
        query = query.where(documents.c.version == args.version)
    newest = (documents.c.id if key is None else documents.c.version).desc()
    row = tx.first(query.order_by(newest).limit(1))
    if row is None:
        raise _missing(args)
    return row


def _one(scope: str, kind: str) -> Select[Any]:
    return select(documents).where(documents.c.scope == scope, documents.c.kind == kind)


def _key(tx: Transaction, args: DocumentArgs, scope: str) -> str | None:
    """The key that the arguments name: themselves, or through the id of a version."""
    return None if args.key is None else _named(tx, args.key, args.kind, scope)


def _named(tx: Transaction, reference: str, kind: str | None, scope: str) -> str:
    number = tx.ids.number(reference, Kind.DOCUMENT)
    found = select(documents).where(documents.c.id == number, documents.c.scope == scope)
    row = None if number is None else tx.first(found if kind is None else found.where(documents.c.kind == kind))
    return reference if row is None else str(row.key)


def _missing(args: DocumentArgs) -> CrosswalkError:
    return unknown(Kind.DOCUMENT, args.kind if args.key is None else args.key)


def _read(tx: Transaction, number: int, place: dict[str, Any]) -> Reply:
    row = tx.first(_BY_NUMBER, {"number": number, "scope": place["scope"], "kind": place["kind"]})
    assert row is not None, "just written"
    return document(tx, row)


HANDLERS = {
    Op.PUT_DOCUMENT: put,
    Op.LIST_DOCUMENTS: list_documents,
    Op.GET_DOCUMENT: get,
    Op.UPDATE_DOCUMENT: update,
    Op.DELETE_DOCUMENT: delete,
}
