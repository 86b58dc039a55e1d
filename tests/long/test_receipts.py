"""More random records through every vendor than `tests/visibility/test_receipts.py` shows them, and others at every run."""

from pathlib import Path

import pytest

from tests.visibility.test_receipts import VENDORS, proven


@pytest.mark.parametrize("vendor", VENDORS)
def test_what_comes_back_is_what_went_in_minus_what_the_receipts_say(tmp_path: Path, vendor: str) -> None:
    proven(tmp_path, vendor, 300, derandomize=False)
