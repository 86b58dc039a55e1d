"""What is wrong with a configuration, in words for the person who wrote it."""

from dataclasses import dataclass

from pydantic_core import ErrorDetails


@dataclass(frozen=True)
class Problem:
    """One fault: the dotted key, what is wrong with it, and where it was set."""

    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.key}: {self.message}" if self.key else self.message


class SettingsError(Exception):
    """The configuration cannot be used; `problems` names every fault found, never a value that may be a secret."""

    def __init__(self, source: str, problems: list[Problem]) -> None:
        self.source = source
        self.problems = problems
        super().__init__("\n".join([f"{source} cannot be used:", *(f"  {problem}" for problem in problems)]))


_WORDS = {
    "extra_forbidden": "there is no such setting",
    "missing": "is missing",
}


def from_pydantic(error: ErrorDetails) -> Problem:
    """A pydantic finding as a problem, without the value that caused it."""
    message = _WORDS.get(error["type"]) or error["msg"].removeprefix("Value error, ")
    return Problem(dotted(error["loc"]), message)


def dotted(path: tuple[int | str, ...]) -> str:
    """The key as it is written in the file: `auth.keys[0].role`."""
    text = ""
    for part in path:
        if part == "[key]":
            continue
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")
