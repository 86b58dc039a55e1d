"""Values: those a schema asks for, and those nobody expects."""

import random
from collections.abc import Callable
from typing import Any, ClassVar

from tests.pools import Pools

_WORDS = ("exact-match", "echo", "a", "first", "best", "default", "Ünïcødé ✓", "{{input}}", "12")
_DEEP = 9
_TIMES = (
    "2026-01-02T03:04:05Z",
    "2026-01-02T03:04:05.678901+00:00",
    "2026-13-45T99:99",
    "1700000000",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-14:00",
)

STRANGE: tuple[Any, ...] = (
    *(None, True, False, [], {}, [[]], {"": None}, [None], "", " ", "0", "null", "true", "-1", "1e999"),
    *(0, -1, 1, 2, 100, 101, 1000, 1001, 2**31 - 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**200),
    *(0.0, -0.0, 0.1, 1.5, 1e308, -1e308, 5e-324, 1e-320, float("nan"), float("inf"), float("-inf")),
    *("a" * 300, "\x00", "a\x00b", "\ud800", "\udfff\ud800", "\U0001d54f" * 40, "\u202e\u0000\uffff", "é" * 1000, "\r\nSet-Cookie: a=b"),
    *("../../etc", "%2e%2e", "'; DROP TABLE runs; --", "=1+1", "{{input}}", "{% for x in y %}", "(a+)+$", "[", "\\", '"', "<script>"),
    *("RXhwZXJpbWVudDox", "RGF0YXNldDo5OTk5OTk5OTk5OTk5OTk5OTk5OQ==", "00000000-0000-0000-0000-000000000000", "f" * 32, "-" * 36),
)


class Values:
    """Random values from JSON schemas; ids come from what answers showed."""

    def __init__(self, source: random.Random, pools: Pools) -> None:
        self.random = source
        self.pools = pools

    def of(self, schema: dict[str, Any], definitions: dict[str, Any], name: str = "", depth: int = 0) -> Any:
        """A value the schema allows, more or less: one place in forty holds something else."""
        if self.random.random() < 0.025:
            return self.strange()
        if "$ref" in schema:
            return self.of(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions, name, depth + 1)
        variants = schema.get("anyOf") or schema.get("oneOf")
        if variants:
            return self.of(self.random.choice(variants), definitions, name, depth)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.random.choice(schema["enum"])
        make = self._MAKERS.get(schema.get("type", ""))
        return make(self, schema, definitions, name, depth) if make else self._anything()

    def strange(self) -> Any:
        """Something nobody expects; now and then it is huge or deep."""
        chance = self.random.random()
        if chance < 0.01:
            return "x" * self.random.choice((70_000, 300_000))
        if chance < 0.02:
            return list(range(self.random.choice((1001, 5000))))
        if chance < 0.06:
            return self._nested(self.random.choice((20, 90, 250)))
        return self.random.choice(STRANGE)

    def identifier(self, name: str, before: str = "") -> str | None:
        """An id for a field or placeholder, mostly of the right kind."""
        known = self.pools.named(name, before)
        if known and self.random.random() < 0.9:
            return self.random.choice(known)
        return self.pools.any(self.random)

    def _nested(self, depth: int) -> Any:
        value: Any = 1
        for _ in range(depth):
            value = [value] if self.random.random() < 0.5 else {"a": value}
        return value

    def _anything(self) -> Any:
        return self.random.choice((*_WORDS, 4, 0.5, True, None, {"q": "2+2?"}, ["a", 1], {"input": "4", "n": {"m": [1]}}))

    def _string(self, schema: dict[str, Any], definitions: dict[str, Any], name: str, depth: int) -> Any:
        if name == "cursor" or name.endswith(("_id", "Id", "id", "_ids", "version", "slug")):
            found = self.identifier(name)
            if found is not None:
                return found
        if schema.get("format") in ("date-time", "date") or name.endswith(("_time", "_at", "timestamp")):
            return self.random.choice(_TIMES)
        word = self.random.choice(_WORDS) + self.random.choice(("", "", str(self.random.randrange(50))))
        return word.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength", 300)]

    def _integer(self, schema: dict[str, Any], definitions: dict[str, Any], name: str, depth: int) -> Any:
        if name == "repetitions":
            # A million rows that the executor then runs would be all that is tested.
            return self.random.choice((-1, 0, 1, 1, 1, 2, 3, 2**40))
        low = schema.get("minimum", 0)
        high = schema.get("maximum", low + 5)
        return self.random.choice((low, high, self.random.randint(low, max(low, min(high, low + 20))), low - 1, high + 1))

    def _number(self, schema: dict[str, Any], definitions: dict[str, Any], name: str, depth: int) -> Any:
        return self.random.choice((0, 1, 0.5, -0.25, 1e-9, 12345.678, schema.get("minimum", 0), schema.get("maximum", 1)))

    def _boolean(self, schema: dict[str, Any], definitions: dict[str, Any], name: str, depth: int) -> Any:
        return self.random.random() < 0.5

    def _null(self, schema: dict[str, Any], definitions: dict[str, Any], name: str, depth: int) -> Any:
        return None

    def _array(self, schema: dict[str, Any], definitions: dict[str, Any], name: str, depth: int) -> Any:
        most = 0 if depth > _DEEP else 4
        count = max(schema.get("minItems", 0), self.random.randint(0, most))
        return [self.of(schema.get("items", {}), definitions, name, depth + 1) for _ in range(min(count, 20))]

    def _object(self, schema: dict[str, Any], definitions: dict[str, Any], name: str, depth: int) -> Any:
        required = set(schema.get("required", ()))
        found = {
            key: self.of(inner, definitions, key, depth + 1)
            for key, inner in schema.get("properties", {}).items()
            if self.random.random() < (0.97 if key in required else 0.4 if depth < _DEEP else 0.0)
        }
        extra = schema.get("additionalProperties")
        if extra and self.random.random() < 0.15:
            found[self.random.choice(("mystery", "", "metadata", "extra ✓"))] = self._anything()
        return found

    _MAKERS: ClassVar[dict[str, Callable[..., Any]]] = {
        "string": _string,
        "integer": _integer,
        "number": _number,
        "boolean": _boolean,
        "null": _null,
        "array": _array,
        "object": _object,
    }

    def mutated(self, value: Any, share: float = 0.15) -> Any:
        """A body that was right, changed in a few places: values replaced, keys lost, lists cut or repeated."""
        if self.random.random() < share * 0.3:
            return self.strange()
        if isinstance(value, dict):
            kept = {key: self.mutated(inner, share) for key, inner in value.items() if self.random.random() > share * 0.4}
            return {key: self._fitting(key, inner) for key, inner in kept.items()}
        if isinstance(value, list):
            items = [self.mutated(inner, share) for inner in value if self.random.random() > share * 0.3]
            return items * self.random.choice((1, 1, 1, 2)) if items else items
        return value

    def _fitting(self, key: str, value: Any) -> Any:
        """A real id where one stands."""
        if isinstance(value, str) and key.endswith(("_id", "Id")) and self.random.random() < 0.9:
            return self.identifier(key) or value
        return value
