"""Bodies that are no JSON: exported spans, and files sent by forms."""

import base64
import json
from pathlib import Path

_SAMPLES = Path(__file__).parents[1] / "recordings" / "phoenix" / "otlp_samples.json"
_FORM = (
    b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nfrom a file\r\n'
    b'--x\r\nContent-Disposition: form-data; name="input_keys[]"\r\n\r\nq\r\n'
    b'--x\r\nContent-Disposition: form-data; name="output_keys[]"\r\n\r\na\r\n'
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="rows.csv"\r\nContent-Type: text/csv\r\n\r\nq,a\r\n2+2?,4\r\n3+3?,"6"\r\n'
    b"--x--\r\n"
)
FORM = "multipart/form-data; boundary=x"
PROTOBUF = "application/x-protobuf"


def bodies() -> dict[tuple[str, str], list[tuple[str, bytes]]]:
    """Media types and bodies by dialect and path."""
    samples = json.loads(_SAMPLES.read_text(encoding="utf-8"))
    spans = [(PROTOBUF, base64.b64decode(text)) for text in _texts(samples)]
    return {
        ("phoenix", "/v1/traces"): spans,
        ("phoenix", "/v1/datasets/upload"): [(FORM, _FORM)],
        ("evalguard", "/datasets/upload"): [(FORM, _FORM)],
    }


def _texts(value: object) -> list[str]:
    """Every text that is long enough to be a body in base64."""
    if isinstance(value, str):
        return [value] if len(value) > 200 and not value.lstrip().startswith("{") else []
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in _texts(one)]
