"""Changes of answers, as they happen: one line each."""

import json
from collections.abc import Iterable, Iterator

from nodeselect.render.layout import Screen
from nodeselect.text import printable

CHANGE_FORMATS = ("text", "ndjson")


def change_lines(
    output: str,
    node_id: str,
    changes: Iterable[tuple[bool, str]],
    event: int,
    time: str | None,
    screen: Screen,
) -> Iterator[str]:
    """Yield a line for each answer (the nodes of a selector or a job) that a node enters or leaves.

    :param output: ``text`` or ``ndjson``.
    :param changes: for each answer, whether the node matches now, and the name of the job; the name
        is empty if there is only one answer.
    :param event: the number of the event that caused the changes; only for NDJSON.
    :param time: the time of the event; None to leave it out.
    """
    if output == "ndjson":
        for matches, job in changes:
            fields = {"event": event, "id": node_id, "matches": matches}
            fields |= {"job": job} if job else {}
            yield json.dumps(fields if time is None else {"time": time} | fields)
        return
    before, node = "" if time is None else f"{time} ", printable(node_id)
    for matches, job in changes:
        line = f"{before}{'+' if matches else '-'} {node}{f' {printable(job)}' if job else ''}"
        yield screen.style(line, "good" if matches else "bad")
