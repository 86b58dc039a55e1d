"""`python -m tests.readme`: writes the generated parts of README anew."""

import re
from pathlib import Path

from adapters import coverage
from adapters.capabilities import markdown
from adapters.phoenix.differences import DIFFERENCES
from adapters.registry import discover
from adapters.versions import came
from tests.visibility.cells import table

README = Path(__file__).parent.parent / "README.md"


def main() -> None:
    """Replace what stands between the markers."""
    text = README.read_text(encoding="utf-8")
    for name, content in generated().items():
        block = f"<!-- {name} -->\n{content}\n<!-- /{name} -->"
        text = re.sub(rf"<!-- {name} -->\n.*?<!-- /{name} -->", lambda _, block=block: block, text, flags=re.DOTALL)
    README.write_text(text, encoding="utf-8")


def generated() -> dict[str, str]:
    """Each generated part by the name of its markers."""
    return {
        "capabilities": markdown(discover().values()),
        "phoenix differences": _differences(),
        "cells": table(),
        "coverage": coverage.markdown(discover().values()),
        "versions": _versions(),
    }


def _versions() -> str:
    """What came with which version of a vendor's server, oldest last."""
    rows = ["| Server | came with it |", "|---|---|"]
    for adapter in discover().values():
        rows += [f"| {adapter.title} {version} | {', '.join(names)} |" for version, names in came(adapter).items()]
    return "\n".join(rows)


def _differences() -> str:
    rows = ["| Subject | Server 20.26.1 | Here | Why |", "|---|---|---|---|"]
    return "\n".join([*rows, *("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in DIFFERENCES)])


if __name__ == "__main__":
    main()
