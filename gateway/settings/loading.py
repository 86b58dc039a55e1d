"""Reading the configuration: find the file, lay the overrides over it, validate, and say all that is wrong."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from gateway.settings import sources
from gateway.settings.checks import Vocabulary, problems
from gateway.settings.model import Settings
from gateway.settings.problems import Problem, SettingsError, from_pydantic
from gateway.settings.sources import PREFIX, Tree, config_path, merged, path_of

Location = tuple[int | str, ...]


def load(
    known: Vocabulary,
    *,
    config: Path | None = None,
    environ: Mapping[str, str] | None = None,
    options: Tree | None = None,
) -> Settings:
    """The effective settings: built-in defaults, under the file, under the environment, under `options`.

    `config` is the command line's choice of file, `options` a tree of settings given on the command line.
    Raises SettingsError naming every faulty key.
    """
    environ = os.environ if environ is None else environ
    path = config_path(config, environ)
    file = sources.from_file(path) if path else {}
    tree = merged(merged(file, sources.from_environment(environ)), options or {})
    context = {"environ": environ, "folder": path.parent if path else Path()}
    settings = _validated(tree, context, str(path or "The configuration"), _Origins(file, environ))
    if faults := problems(settings, known):
        raise SettingsError(str(path or "The configuration"), faults)
    return settings


class _Origins:
    """Tells which environment variable a faulty key came from: the file's author would look in vain."""

    def __init__(self, file: Tree, environ: Mapping[str, str]) -> None:
        self._file = file
        self._names = {path_of(name): name for name in environ if name.startswith(PREFIX)}

    def explain(self, problem: Problem, location: Location) -> Problem:
        """The problem with its environment variable named, where there is one."""
        for hint, concerns in ((_SET_BY, _same_branch), (_ONLY_FROM, self._made_the_table)):
            if names := [name for path, name in sorted(self._names.items()) if concerns(path, location)]:
                return replace(problem, message=f"{problem.message} ({hint} {', '.join(names)})")
        return problem

    def _made_the_table(self, path: Location, location: Location) -> bool:
        """An override of one key makes the table around it, and then another key of that table is missing."""
        table = location[:-1]
        return bool(table) and path[: len(table)] == table and not _holds(self._file, table)


_SET_BY = "set by the environment variable"
_ONLY_FROM = "the table around it comes only from the environment variable"


def _same_branch(path: Location, location: Location) -> bool:
    shorter = min(len(path), len(location))
    return path[:shorter] == location[:shorter]


def _holds(tree: object, path: Location) -> bool:
    for part in path:
        if not isinstance(tree, dict) or part not in tree:
            return False
        tree = tree[part]
    return True


def _validated(tree: Tree, context: dict[str, object], source: str, origins: _Origins) -> Settings:
    try:
        return Settings.model_validate(tree, context=context)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False, include_context=False)
    raise SettingsError(source, [origins.explain(from_pydantic(detail), detail["loc"]) for detail in details])
