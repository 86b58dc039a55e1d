"""Tables as the client of 2025 sends them (Arrow, compressed): here, at either version, as at a real 11.38.0."""

from __future__ import annotations

from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest

from tests.vendors import servers
from tests.vendors.environments import PHOENIX_SERVER_2025, run_script

SCRIPT = Path(__file__).with_name("script_arrow.py")


def played(url: str) -> Any:
    return run_script(PHOENIX_SERVER_2025, SCRIPT, url, token_hex(4))


@pytest.fixture(scope="module")
def real(phoenix_2025: str) -> Any:
    """What the client has at a real 11.38.0."""
    return played(phoenix_2025)


def test_the_real_server_takes_every_value(real: Any) -> None:
    capital, smile = real["made"]
    assert capital == [
        {
            "question": "Capital of France?",
            "count": 1,
            "share": 0.5,
            "right": True,
            "context": {"of": None, "page": 1},
            "messages": [{"role": "user"}],
        },
        {"answer": "Paris"},
        {"source": "atlas"},
    ]
    assert (smile[0]["count"], smile[0]["share"], smile[0]["messages"], smile[1:]) == (
        2**53 + 1,
        None,
        [],
        [{"answer": None}, {"source": ""}],
    )
    assert len(real["read"]) == 3
    assert real["read"] == real["grown"]
    assert (real["one dataset"], real["versions"], real["again"]) == (True, 2, "DatasetUploadError")


@pytest.mark.parametrize("version", ["20.26.1", "11.38.0"])
def test_the_client_has_the_same_values_here(real: Any, version: str) -> None:
    with servers.gateway({"CROSSWALK__SURFACES__PHOENIX__VERSION": version}) as url:
        assert played(f"{url}/phoenix") == real
