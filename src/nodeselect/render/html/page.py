"""An explanation as one page of HTML that needs nothing else: for a browser, a phone, a printer.

Nothing is loaded from outside, and the page's own policy forbids it: only the style and the script
that stand in it may be used, by their hashes. The same input gives the same bytes.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import BinaryIO

import click

from nodeselect.explain.explanation import Explanation
from nodeselect.node import Node
from nodeselect.render.explanation import headline_of, of_left_out
from nodeselect.render.html.markup import bar, code, text
from nodeselect.render.html.nodes import NodeRows, facet_table
from nodeselect.selectors import Selector
from nodeselect.text import pluralize, quoted

__all__ = ["page", "write_page"]

GROUPS, KEYS, VALUES, MISSING = 50, 60, 6, 20
"""Groups of reasons, label keys, values of a key, and unknown ids that are shown."""

_GROUPS_OPEN = 10
"""Groups that are seen at once; the others are folded away."""

_SENTENCE = 2_000
"""Characters of a sentence that names several requirements."""

_SELECTOR = 4_000
"""Characters shown of the selector."""


def page(
    explanation: Explanation, selector: Selector, nodes: Iterable[Node], subject: str = ""
) -> str:
    """Give the page of one explanation.

    :param selector: the one that is explained.
    :param nodes: all nodes of the moment that is explained, in inventory order.
    :param subject: what was asked of what, such as the names of the job and of the inventory.
    """
    rows = NodeRows(selector, nodes)
    style = files("nodeselect.render.html").joinpath("page.css").read_text("utf-8")
    script = files("nodeselect.render.html").joinpath("page.js").read_text("utf-8")
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}';"
        " img-src data:; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )
    title = headline_of(explanation.matched, explanation.total, None, ())
    sections = [section for section in _sections(explanation, rows) if section[2]]
    links = "".join(f'<li><a href="#{name}">{title}</a></li>' for name, title, _ in sections)
    body = "\n".join(
        f'<section aria-labelledby="{name}"><h2 id="{name}" tabindex="-1">{heading}</h2>\n'
        f"{content}</section>"
        for name, heading, content in sections
    )
    about = f"{text(subject, 60)} – " if subject else ""
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="nodeselect">
<link rel="icon" href="data:,">
<title>{about}{title}</title>
<style>{style}</style>
</head>
<body>
<a class="skip" href="#nodes">Skip to the nodes</a>
<header>
{_header(explanation, selector, title, subject)}
<nav aria-label="On this page"><ul>{links}</ul></nav>
</header>
<main>
{body}
</main>
<script type="application/json" id="data">{rows.data(_texts(explanation))}</script>
<script>{script}</script>
</body>
</html>
"""


def write_page(file: str, content: str) -> None:
    """Write a page to a file of that name: all of it, or what was there before stays.

    :raises click.ClickException: when it cannot be written.
    """
    try:
        _write(Path(file), content.encode())
    except (OSError, ValueError) as error:  # ValueError: NUL in the name
        reason = error.strerror if isinstance(error, OSError) else "that is no name of a file"
        raise click.ClickException(f"cannot write {quoted(file)}: {reason}") from None


def _write(path: Path, content: bytes) -> None:
    if path.exists() and not path.is_file():
        path.write_bytes(content)  # a pipe, a terminal
        return
    try:
        with path.open("xb", buffering=0) as file:
            try:
                _put(file, content)
            except BaseException:
                path.unlink()
                raise
    except FileExistsError:
        with path.open("r+b", buffering=0) as file:
            before = file.read()
            try:
                _put(file, content)
            except BaseException:
                _put(file, before)  # its room is still its own
                raise


def _put(file: BinaryIO, content: bytes) -> None:
    file.seek(0)
    rest = memoryview(content)
    while rest:
        rest = rest[file.write(rest) :]
    file.truncate()


def _hash(content: str) -> str:
    return f"sha256-{b64encode(sha256(content.encode()).digest()).decode()}"


def _texts(explanation: Explanation) -> list[str]:
    return [outcome.text for outcome in explanation.requirements]


def _sections(explanation: Explanation, rows: NodeRows) -> Iterator[tuple[str, str, str]]:
    yield "requirements", "Requirements", _funnel(explanation, rows)
    yield "hints", "Did you mean", _hints(explanation)
    yield "reasons", "Why not", _reasons(explanation, rows)
    yield "nearest", "Nearest nodes", _nearest(explanation)
    yield "labels", "Labels", _facets(explanation, rows)
    yield "nodes", "Nodes", _nodes(explanation, rows)


def _header(explanation: Explanation, selector: Selector, title: str, subject: str) -> str:
    matched, total, connected = explanation.matched, explanation.total, explanation.connected
    fail = total - matched
    about = f'<p class="subject">{text(subject)}</p>\n' if subject else ""
    written = ",".join(map(str, selector.split()))  # in the order of the requirements below
    asked = code(written, _SELECTOR) if written else "The selector is empty: it takes every node."
    taken, alarm = ("left", "") if explanation.requirements else ("other", " alarm")
    if explanation.has_states:
        parts = [(taken, connected, "match and are connected")]
        parts.append(("dim", matched - connected, "match, not connected"))
    else:  # nothing is known of states
        parts = [(taken, matched, "match")]
    parts.append(("gone", fail, "fail"))
    legend = "".join(
        f'<li><svg class="key" viewBox="0 0 1 1" aria-hidden="true"><rect class="{name}" width="1"'
        f' height="1"/></svg><b>{count:,}</b> {what}</li>'
        for name, count, what in parts
        if count
    )
    states = ", ".join(
        f"{count:,} {'of unknown state' if state is None else text(state)}"
        for state, count in explanation.states.items()
    )
    told = f'<p class="states">Of those that match: {states}.</p>\n' if len(states) > 0 else ""
    return (
        f"{about}<h1>{title}</h1>\n"
        f'<p class="selector">{asked}</p>\n'
        f"{bar(((name, count) for name, count, _ in parts), total)}\n"
        f'<ul class="legend">{legend}</ul>\n{told}'
        f'<p class="advice{alarm}"><b>What to change</b>'
        f" <span>{text(explanation.recommendation, _SENTENCE)}</span></p>"
    )


def _funnel(explanation: Explanation, nodes: NodeRows) -> str:
    if not explanation.requirements:
        return ""
    total = before = explanation.total
    drawn = bar((("left", total),), total)
    empty = "<td></td><td></td>"
    rows = [f'<tr class="all"><th scope="row">all nodes{drawn}</th><td>{total:,}</td>{empty}</tr>']
    for place, outcome in enumerate(explanation.requirements):
        notes = [text(outcome.note)] if outcome.note else []
        if outcome.absent and not outcome.text.startswith("!"):  # which says it itself
            verb = "passes" if outcome.absent == 1 else "pass"
            notes.append(f"{outcome.absent:,} {verb} because the label is not there")
        told = "".join(f"<small>{note}</small>" for note in notes)
        drawn = bar((("left", outcome.remaining), ("gone", before - outcome.remaining)), total)
        before = outcome.remaining
        fails = nodes.link(outcome.failing, f'data-fails="{place}"')
        only = nodes.link(outcome.failing_only_this, f'data-reason="{place}"')
        blocker = ' class="blocker"' if outcome.failing == total and total else ""
        rows.append(
            f'<tr{blocker}><th scope="row" id="requirement-{place + 1}">{code(outcome.text)}'
            f"{told}{drawn}</th><td>{outcome.remaining:,}</td><td>{fails}</td><td>{only}</td></tr>"
        )
    lines = "\n".join(rows)
    return f"""\
<p><b>Left</b>: nodes that satisfy a requirement and all before it. <b>Fail</b>: nodes that do not
satisfy it, whatever the others say. <b>Only this</b>: nodes that fail nothing else; so many more
would match without it.</p>
<table class="numbers" aria-labelledby="requirements">
<thead><tr><th scope="col">Requirement</th><th scope="col">Left</th><th scope="col">Fail</th>
<th scope="col">Only this</th></tr></thead>
<tbody>
{lines}
</tbody>
</table>
"""


def _reasons(explanation: Explanation, nodes: NodeRows) -> str:
    if explanation.matched == explanation.total:
        return ""
    texts, total = _texts(explanation), explanation.total
    rows, rest = [], total - explanation.matched
    for reason in explanation.reasons[:GROUPS]:
        rest -= reason.nodes
        failed = "".join(f"<li>{code(texts[place])}</li>" for place in reason.failed)
        some = [*map(code, reason.ids), *(["…"] if 0 < len(reason.ids) < reason.nodes else [])]
        # Each with its comma: where ids are long, each begins a line.
        ids = " ".join(f"<span>{each}{',' * (each != some[-1])}</span>" for each in some)
        found = nodes.link(reason.nodes, f'data-reason="{",".join(map(str, reason.failed))}"')
        rows.append(
            f"<tr><td>{found}</td>"
            f'<th scope="row"><ul class="why">{failed}</ul>'
            f'{bar((("gone", reason.nodes),), total)}<small class="ids">{ids}</small></th></tr>'
        )
    if rest:
        rows.append(
            f'<tr><td>{rest:,}</td><th scope="row">for other reasons'
            f"{bar((('gone', rest),), total)}</th></tr>"
        )
    shown, folded = rows[:_GROUPS_OPEN], rows[_GROUPS_OPEN:]
    more = (
        f"<details><summary>{pluralize(len(folded), 'smaller group')}</summary>"
        f"{_reason_table(folded)}</details>\n"
        if folded
        else ""
    )
    return (
        "<p>Nodes that fail the same requirements, the most first. With those that match these are"
        f" all {total:,}.</p>\n{_reason_table(shown)}{more}"
    )


def _reason_table(rows: list[str]) -> str:
    lines = "\n".join(rows)
    return f"""\
<table class="numbers reasons" aria-labelledby="reasons">
<thead><tr><th scope="col">Nodes</th><th scope="col">Fail all of these, and nothing else</th></tr>
</thead>
<tbody>
{lines}
</tbody>
</table>
"""


def _hints(explanation: Explanation) -> str:
    items = []
    for hint in explanation.hints:
        asked = code(explanation.requirements[hint.requirement].text)
        message = text(hint.message, _SENTENCE)
        told = f'<a href="#requirement-{hint.requirement + 1}">{asked}</a>: {message}.'
        if hint.replacement is not None:
            told += f" <b>Write</b> {code(hint.replacement, _SENTENCE)}"
        if hint.would_match:
            verb = "matches" if hint.would_match == 1 else "match"
            told += f": then {pluralize(hint.would_match, 'node')} {verb}."
        items.append(f'<li>{told} <small class="hint">{text(hint.code)}</small></li>')
    names = {name for hint in explanation.hints for name in hint.replaced}
    if missing := [node_id for node_id in explanation.missing_ids if node_id not in names]:
        some = ", ".join(map(code, missing[:MISSING]))
        more = f" and {len(missing) - MISSING:,} more" if len(missing) > MISSING else ""
        items.append(f"<li>No node has the id {some}{more}.</li>")
    if explanation.excluded_ids:
        told = of_left_out(explanation.excluded_ids)
        items.append(f"<li>{told[0].upper()}{text(told[1:], 600)}.</li>")
    return f'<ul class="hints">{"".join(items)}</ul>\n' if items else ""


def _nearest(explanation: Explanation) -> str:
    if explanation.matched or not explanation.nearest:
        return ""
    texts = _texts(explanation)
    items = "".join(
        f"<li>{code(miss.id)} fails {', '.join(code(texts[place]) for place in miss.failed)}</li>"
        for miss in explanation.nearest
    )
    return f'<ul class="hints">{items}</ul>\n'


def _facets(explanation: Explanation, rows: NodeRows) -> str:
    facets = rows.facets()
    if not facets:
        return ""
    tables = "\n".join(
        facet_table(facet, rows, explanation.total, VALUES) for facet in facets[:KEYS]
    )
    rest = len(facets) - KEYS
    more = f'<p class="more">and {pluralize(rest, "more key")}</p>\n' if rest > 0 else ""
    return (
        "<p>What the fleet has: the keys that are asked for first, then those that most nodes"
        f' have.</p>\n<div class="facets">\n{tables}\n</div>\n{more}'
    )


def _nodes(explanation: Explanation, rows: NodeRows) -> str:
    if not rows.count:
        return "<p>There are no nodes.</p>\n"
    lines = "\n".join(rows.rows(_texts(explanation)))
    left_out = (
        f" Only the first {rows.count:,} of {rows.total:,} are in this table."
        if rows.count < rows.total
        else ""
    )
    return f"""\
<p>Those that match come first, then those that fail the fewest requirements.{left_out}</p>
<form role="search" hidden>
<label>Search <input type="search" autocomplete="off" autocapitalize="off" spellcheck="false"
placeholder="id, name, state or key=value" aria-describedby="count"></label>
<fieldset><legend>Show</legend>
<label><input type="radio" name="show" value="all" checked> all</label>
<label><input type="radio" name="show" value="match"> match</label>
<label><input type="radio" name="show" value="fail"> fail</label>
</fieldset>
<button type="button" class="chosen" hidden></button>
</form>
<p id="count" role="status">{rows.first:,} of {pluralize(rows.total, "node")} shown\
<noscript>; to search them all, let this page run its script</noscript></p>
<button type="button" class="widen" hidden>Search all {rows.count:,}</button>
<table class="nodes" role="table" aria-labelledby="nodes">
<thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">Node</th>\
<th scope="col" role="columnheader">State</th><th scope="col" role="columnheader">Verdict</th>\
<th scope="col" role="columnheader">Labels</th></tr></thead>
<tbody role="rowgroup">
{lines}
</tbody>
</table>
<button type="button" class="further" hidden>Show more</button>
"""
