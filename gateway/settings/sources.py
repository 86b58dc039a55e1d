"""Where settings come from: the file, then the environment over it."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.settings.problems import Problem, SettingsError

PREFIX = "CROSSWALK__"
CONFIG_VARIABLE = "CROSSWALK_CONFIG"
DEFAULT_FILE = Path("crosswalk.toml")

Tree = dict[str, Any]


def config_path(option: Path | None, environ: Mapping[str, str]) -> Path | None:
    """The file to read: the option, else the environment's, else the one in this folder, else none."""
    if option is not None:
        return option
    if environ.get(CONFIG_VARIABLE):
        return Path(environ[CONFIG_VARIABLE])
    return DEFAULT_FILE if DEFAULT_FILE.is_file() else None


def from_file(path: Path) -> Tree:
    """The file's content. Raises SettingsError when it cannot be read or is not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        fault = f"cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        fault = "is not UTF-8 text"
    except tomllib.TOMLDecodeError as error:
        fault = f"is not TOML: {error}"
    raise SettingsError(str(path), [Problem("", fault)])


def from_environment(environ: Mapping[str, str]) -> Tree:
    """`CROSSWALK__SERVER__PORT=1` as `{"server": {"port": "1"}}`. Lists and tables are written as JSON."""
    tree: Tree = {}
    for name in sorted(environ):
        if name.startswith(PREFIX):
            tree = merged(tree, _nested(path_of(name), _value(environ[name])))
    return tree


def path_of(variable: str) -> tuple[str, ...]:
    """The key that an override sets. Raises SettingsError for a name such as `CROSSWALK____PORT`."""
    path = tuple(variable.removeprefix(PREFIX).lower().split("__"))
    if not all(path):
        raise SettingsError("The environment", [Problem(variable, "names no setting")])
    return path


def merged(below: Tree, above: Tree) -> Tree:
    """Both trees in one; where they meet, tables are merged and anything else is replaced."""
    tree = dict(below)
    for key, value in above.items():
        old = tree.get(key)
        tree[key] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return tree


def _nested(path: tuple[str, ...], value: object) -> Tree:
    head, *rest = path
    return {head: _nested(tuple(rest), value) if rest else value}


def _value(text: str) -> object:
    if text.lstrip()[:1] in {"[", "{"}:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text
