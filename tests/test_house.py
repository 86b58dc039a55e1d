"""The rules of the house: who may import whom, where I/O happens, where a vendor may be named, and that README tells the truth."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.registry import discover
from tests.readme import generated

ROOT = Path(__file__).parent.parent
LAYERS = {"schemas": ("schemas",), "adapters": ("schemas", "adapters"), "gateway": ("schemas", "adapters", "gateway")}
FORBIDDEN_IN_ADAPTERS = frozenset(
    {"aiohttp", "asyncio", "concurrent", "ftplib", "httpx", "os", "requests", "shutil", "smtplib", "socket", "sqlalchemy", "sqlite3"}
    | {"starlette", "subprocess", "tempfile", "threading", "urllib.request", "uvicorn"}
)
# A dialect of this house's own may be named anywhere; the vendors may not.
VENDORS = sorted(name for name, adapter in discover().items() if not adapter.prefix)


def _files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            yield node.module


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_point_down(layer: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in _files(layer)
        for name in _imports(path)
        if name.split(".")[0] in LAYERS and name.split(".")[0] not in LAYERS[layer]
    ]
    assert wrong == []


def test_adapters_perform_no_io() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in _files("adapters")
        for name in _imports(path)
        if name in FORBIDDEN_IN_ADAPTERS or name.split(".")[0] in FORBIDDEN_IN_ADAPTERS
    ]
    calls = [
        f"{path.relative_to(ROOT)}:{node.lineno} opens a file"
        for path in _files("adapters")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open"
    ]
    assert wrong + calls == []


def test_adapters_do_not_import_one_another() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in _files("adapters")
        for name in _imports(path)
        for other in discover()
        if name.startswith(f"adapters.{other}") and path.relative_to(ROOT).parts[1] != other
    ]
    assert wrong == []


def test_no_vendor_is_named_outside_its_folder() -> None:
    name = re.compile("|".join(VENDORS) or "(?!)", re.IGNORECASE)
    wrong = []
    for path in _files("schemas", "gateway", "adapters"):
        parts = path.relative_to(ROOT).parts
        own = parts[1] if parts[0] == "adapters" and len(parts) > 2 else ""
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            wrong += [f"{path.relative_to(ROOT)}:{number}: {found}" for found in name.findall(line) if found.lower() != own]
    assert wrong == []


def test_the_capability_matrix_in_the_readme_is_current() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- capabilities -->\n(.*?)\n<!-- /capabilities -->", readme, re.DOTALL)
    assert found, "README has no capability matrix"
    assert found.group(1) == generated()["capabilities"], "write it anew: python -m tests.readme"


def test_nothing_tracked_holds_a_machine_path_or_an_index_address() -> None:
    pattern = re.compile(r"files\.python" r"hosted|py" r"pi\.org|registry\.npm" r"js")
    files = [
        *_files("schemas", "adapters", "gateway", "tests"),
        ROOT / "README.md",
        ROOT / "Makefile",
        ROOT / "requirements.lock",
        ROOT / "pyproject.toml",
    ]
    assert [str(path) for path in files if pattern.search(path.read_text(encoding="utf-8"))] == []


def test_the_coverage_in_the_readme_is_current() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- coverage -->\n(.*?)\n<!-- /coverage -->", readme, re.DOTALL)
    assert found, "README has no coverage table"
    assert found.group(1) == generated()["coverage"], "write it anew: python -m tests.readme"
