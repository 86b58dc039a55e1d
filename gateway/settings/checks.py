"""What must hold between settings: names that refer to one another, and what is safe to offer."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from pydantic import BaseModel, ValidationError

from gateway.settings.model import Settings
from gateway.settings.problems import Problem, from_pydantic
from gateway.settings.sections import ECHO, LOCAL, is_loopback


@dataclass(frozen=True)
class Vocabulary:
    """The names the installation knows: its adapters (each also a dialect), the canonical operations and the scorers.

    `surfaces` are the models of the dialects' own settings, by dialect; `is_scorer` says whether a name is a scorer's, also by an alias.
    """

    adapters: Collection[str]
    operations: Collection[str]
    surfaces: Mapping[str, type[BaseModel]] = field(default_factory=dict)
    scorers: Collection[str] = ()
    is_scorer: Callable[[str], bool] = lambda name: True


def problems(settings: Settings, known: Vocabulary) -> list[Problem]:
    """Every fault that one section alone cannot show."""
    return [problem for check in _CHECKS for problem in check(settings, known)]


def unknown(name: str, kind: str, names: Collection[str]) -> str:
    """`no such adapter: 'locl' (did you mean 'local'?)`."""
    close = get_close_matches(name, names, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(sorted(names)) or 'none'}"
    return f"no such {kind}: {name!r} ({hint})"


def _listening(settings: Settings, known: Vocabulary) -> Iterator[Problem]:
    if settings.auth.mode == "none" and not is_loopback(settings.server.host):
        yield Problem(
            "server.host",
            f"{settings.server.host} can be reached from other machines: that needs auth.mode = 'keys' or 'passthrough'",
        )


def _adapters(settings: Settings, known: Vocabulary) -> Iterator[Problem]:
    names = {LOCAL, *known.adapters}
    for name, target in settings.targets.items():
        if target.adapter not in names:
            yield Problem(f"targets.{name}.adapter", unknown(target.adapter, "adapter", names))


def _addresses(settings: Settings, known: Vocabulary) -> Iterator[Problem]:
    for name, target in settings.targets.items():
        if target.adapter != LOCAL and target.base_url is None:
            yield Problem(f"targets.{name}.base_url", "is missing")
        if target.adapter == LOCAL and (target.base_url or target.api_key):
            yield Problem(f"targets.{name}", "the embedded target takes neither base_url nor api_key")


def _routes(settings: Settings, known: Vocabulary) -> Iterator[Problem]:
    for dialect, target in settings.routes.items():
        if dialect not in known.adapters:
            yield Problem(f"routes.{dialect}", unknown(dialect, "dialect", known.adapters))
        if target not in settings.targets:
            yield Problem(f"routes.{dialect}", unknown(target, "target", settings.targets))


def _keys(settings: Settings, known: Vocabulary) -> Iterator[Problem]:
    keys = settings.auth.keys
    if settings.auth.mode == "keys" and not keys:
        yield Problem("auth.keys", "is empty: nobody could call")
    for part in ("name", "sha256"):
        counts = Counter(getattr(key, part) for key in keys)
        for index, key in enumerate(keys):
            if counts[getattr(key, part)] > 1:
                yield Problem(f"auth.keys[{index}].{part}", "is used by another key, too")


def _key_targets(settings: Settings, known: Vocabulary) -> Iterator[Problem]:
    for index, key in enumerate(settings.auth.keys):
        for target in key.targets or ():
            if target not in settings.targets:
                yield Problem(f"auth.keys[{index}].targets", unknown(target, "target", settings.targets))


def _passthrough(settings: Settings, known: Vocabulary) -> Iterator[Problem]:
    if settings.auth.mode == "passthrough" and all(t.adapter == LOCAL for t in settings.targets.values()):
        yield Problem("auth.mode", "'passthrough' needs a target other than the embedded one to pass credentials to")


def _loss(settings: Settings, known: Vocabulary) -> Iterator[Problem]:
    for adapter, operations in settings.loss.items():
        if adapter not in known.adapters:
            yield Problem(f"loss.{adapter}", unknown(adapter, "adapter", known.adapters))
        for operation in operations:
            if operation not in known.operations:
                yield Problem(f"loss.{adapter}.{operation}", unknown(operation, "operation", known.operations))


def _models(settings: Settings, known: Vocabulary) -> Iterator[Problem]:
    models = {ECHO, *settings.models}
    if settings.defaults.model not in models:
        yield Problem("defaults.model", unknown(settings.defaults.model, "model", models))
    if ECHO in settings.models:
        yield Problem(f"models.{ECHO}", "this name belongs to the built-in model")


def _surfaces(settings: Settings, known: Vocabulary) -> Iterator[Problem]:
    for dialect in settings.surfaces:
        if dialect not in known.adapters:
            yield Problem(f"surfaces.{dialect}", unknown(dialect, "dialect", known.adapters))
    for dialect, model in known.surfaces.items():
        yield from surface_problems(dialect, model, settings)


def surface_problems(dialect: str, model: type[BaseModel], settings: Settings) -> list[Problem]:
    """What a dialect finds wrong with its own settings."""
    try:
        model.model_validate(settings.surfaces.get(dialect, {}))
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False, include_context=False)
        return [from_pydantic({**detail, "loc": ("surfaces", dialect, *detail["loc"])}) for detail in details]
    return []


def _evaluators(settings: Settings, known: Vocabulary) -> Iterator[Problem]:
    for name, evaluator in settings.evaluators.items():
        if not known.is_scorer(evaluator.scorer):
            yield Problem(f"evaluators.{name}.scorer", unknown(evaluator.scorer, "scorer", known.scorers))


_CHECKS: tuple[Callable[[Settings, Vocabulary], Iterator[Problem]], ...] = (
    _listening,
    _adapters,
    _addresses,
    _routes,
    _keys,
    _key_targets,
    _passthrough,
    _loss,
    _models,
    _surfaces,
    _evaluators,
)
