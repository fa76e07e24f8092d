"""An explanation as a page of HTML for a browser, a phone or a printer.

``page.jinja`` is its markup; ``page.js`` draws its table of nodes and searches it, and copies what
to write.
"""

import re
from collections.abc import Iterable, Iterator

from nodeselect.explain import Explanation
from nodeselect.explain.hints import ID_CODES
from nodeselect.explain.wording import excluded_by_state, headline, missing_ids_text, short
from nodeselect.node import Node
from nodeselect.render.html.node_table import NodeTable
from nodeselect.render.html.template import Sources, render_template, shown
from nodeselect.selectors import Selector

MAX_ROWS = 50_000
"""How many nodes the table of a page has at most; its counts are those of all nodes."""

_MAX_ADVICE = 2_000


def render_page(
    explanation: Explanation,
    selector: Selector,
    nodes: Iterable[Node],
    subject: str = "",
    *,
    sources: Sources | None = None,
    max_rows: int = MAX_ROWS,
) -> str:
    """Return an explanation as an HTML page.

    :param nodes: all nodes that it was explained over, in inventory order.
    :param subject: what was explained, such as ``job.yaml on nodes.json``.
    :param sources: the files that were read.
    """
    table = NodeTable(selector, nodes, max_rows)
    missing, excluded = missing_ids_text(explanation), explanation.excluded_ids
    examples = {node_id for reason in explanation.reasons for node_id in reason.ids}
    return render_template(
        "page.jinja",
        subject=subject,
        sources=sources,
        explanation=explanation,
        headline=headline(explanation.matched, explanation.total, None),
        id_notes=[text for text in (missing, excluded and excluded_by_state(excluded)) if text],
        recommendation=_advice(explanation),
        selector=list(map(str, selector.split())),
        nearest=[miss for miss in explanation.nearest if miss.id not in examples],
        table=table,
        data=table.data(requirement.text for requirement in explanation.requirements),
    )


def _advice(explanation: Explanation) -> tuple[list[tuple[str, bool]], str | None]:
    """Return the pieces of the recommendation, and the text to copy."""
    return list(_split_advice(explanation)), _copied(explanation)


def _split_advice(explanation: Explanation) -> Iterator[tuple[str, bool]]:
    """Yield the pieces of the recommendation: prose, and requirements, which are shown as code.

    Each comes with whether it is a requirement.
    """
    texts = [requirement.text for requirement in explanation.requirements]
    if explanation.correction is not None:
        texts += [*explanation.correction.replacements, *explanation.correction.replaced]
    longest_first = sorted(map(short, texts), key=len, reverse=True)
    code = "|".join(map(re.escape, longest_first)) or "(?!)"
    one_of_them = rf"(?<!\S)({code})(?![\w./-])"
    text = shown(explanation.recommendation, _MAX_ADVICE)
    for number, piece in enumerate(re.split(one_of_them, text)):
        yield piece, number % 2 == 1


def _copied(explanation: Explanation) -> str | None:
    """Return the text for the button that copies the corrected requirements.

    Return None if nothing is recommended to be written, or if it is not shown as it is.
    """
    if explanation.correction is None or not explanation.recommendation.startswith("write "):
        return None
    replacements = explanation.correction.replacements
    if len(replacements) > 1 and any(hint.code in ID_CODES for hint in explanation.hints):
        return None  # ids are not written beside requirements
    text = ",".join(replacements)
    return text if shown(text, _MAX_ADVICE) == text else None
