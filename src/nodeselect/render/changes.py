"""Changes of answers, as they happen: one line each."""

import json

from nodeselect.text import printable

__all__ = ["CHANGE_FORMATS", "change_line"]

CHANGE_FORMATS = ("text", "ndjson")


def change_line(
    output: str, node_id: str, matches: bool, *, job: str | None, event: int, time: str | None
) -> str:
    """Return the line for a node that enters or leaves an answer.

    :param output: one of ``CHANGE_FORMATS``.
    :param matches: whether the node matches now; it did not before, or the reverse.
    :param job: the name of the job whose nodes are the answer; None if there is only one answer.
    :param event: the number of the event; only for NDJSON.
    :param time: the time of the event; None to leave it out.
    """
    if output == "ndjson":
        fields = {"time": time, "event": event, "id": node_id, "job": job, "matches": matches}
        return json.dumps({name: value for name, value in fields.items() if value is not None})
    words = [time, "+" if matches else "-", node_id, job]
    return " ".join(printable(word) for word in words if word is not None)
