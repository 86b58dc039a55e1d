"""A test run reported by the pytest plugin of evalguardai 2.2.3; the argument is the base URL.

Tells how pytest ended and whether the plugin warned that its report was not taken.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from support import tell

TESTS = '''
from evalguard.pytest_plugin import evalguard_test


@evalguard_test(tags=["sums"])
def test_right():
    """Two and two."""
    assert 2 + 2 == 4


@evalguard_test
def test_wrong():
    assert 2 + 2 == 5


def test_not_reported():
    pass
'''


def report(base_url: str) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_sums.py").write_text(TESTS)
        options = ("--evalguard", "--evalguard-api-key", "eg_test_local", "--evalguard-base-url", base_url)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, folder],
            cwd=folder,
            capture_output=True,
            text=True,
        )
    output = done.stdout + done.stderr
    return {"code": done.returncode, "failed_to_report": "EvalGuard: " in output, "output": output[-2000:]}


def main() -> None:
    base_url = sys.argv[1]
    tell({"taken": report(base_url), "refused": report(f"{base_url}/nowhere")})


main()
