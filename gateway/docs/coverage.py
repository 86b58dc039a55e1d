"""The coverage page: every operation known of each dialect, whether it is served, and who checked it when."""

from collections.abc import Iterable
from html import escape

from adapters.base import Adapter
from adapters.coverage import Known, counts, known

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; width: 100%; margin-bottom: 2rem }
th, td { text-align: left; vertical-align: top; padding: .25rem .6rem; border-bottom: 1px solid #ddd }
.lacking td { color: #777 }
code { white-space: nowrap }
"""


def page(adapters: Iterable[Adapter]) -> str:
    """The whole page, which needs nothing from anywhere else."""
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Crosswalk: coverage</title><style>{_STYLE}</style></head>
<body>
<h1>Coverage</h1>
<p>Every operation known from the references of each dialect. As JSON: <a href="/v1/coverage">/v1/coverage</a>. The reference: <a href="/docs">/docs</a>.</p>
{"".join(map(_dialect, adapters))}
</body>
</html>"""


def _dialect(adapter: Adapter) -> str:
    rows = known(adapter)
    counted = counts(rows)
    head = f'<h2 id="{escape(adapter.name)}">{escape(adapter.title)}</h2>'
    said = f"<p>{counted['known']} operations known, {counted['served']} served, {counted['checked']} checked.</p>"
    names = "".join(f"<th>{name}</th>" for name in ("Operation", "Request", "Served", "Known from", "Checked by, last on"))
    return f"{head}{said}<table><tr>{names}</tr>{''.join(map(_row, rows))}</table>"


def _row(row: Known) -> str:
    checked = "<br>".join(f"{escape(name)}, {escape(day)}" for name, day in row.checked.items())
    served = escape(row.note) if row.served else f"no: {escape(row.note)}"
    cells = (escape(row.name), f"<code>{escape(row.method)} {escape(row.path)}</code>", served, escape(row.evidence), checked)
    return f"<tr{'' if row.served else ' class=lacking'}>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
