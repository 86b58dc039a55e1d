"""What the client of evalguardai 2.2.3 makes of a wrong, a missing role's and a right key.

Arguments: the base URL, a viewer's key, an editor's key.
"""

from __future__ import annotations

import sys
from typing import Any

from support import connect, refused, tell, unique


def main() -> None:
    base_url, viewer, editor = sys.argv[1:4]
    wrong, looking, editing = connect(base_url, "eg_test_wrong"), connect(base_url, viewer), connect(base_url, editor)
    project = editing._resolve_project_id()
    seen: dict[str, Any] = {
        "wrong_key": refused(lambda: wrong.list_evals(project)),
        "viewer_reads": looking.list_evals(project),
        "viewer_writes": refused(lambda: looking.create_dataset(project, unique("viewer"))),
        "editor_writes": editing.create_dataset(project, unique("editor")),
    }
    tell(seen)


main()
