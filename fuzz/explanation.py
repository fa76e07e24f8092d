"""A selector and a small fleet: who matches, standing or not, and an explanation and its report.

The first line of an input is the selector, or several with ``|``; ids follow it after tabs. Each
other line is a node: its id, and after tabs its labels (``key=value``), its state (``@state``) and
its name (``~name``).
"""

import csv
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import reduce
from itertools import chain
from operator import or_
from zlib import crc32

from tests.inventory.small import tuned
from tests.property.test_explain_laws import check as check_numbers
from tests.property.test_explain_laws import failed_of

from nodeselect import (
    AnyOf,
    InventoryError,
    Node,
    Selector,
    SelectorError,
    StandingSelectors,
)
from nodeselect.explain import Explanation, NodeExplanation
from nodeselect.index.tuning import DEFAULT, Tuning
from nodeselect.render.explanation import explanation_lines
from nodeselect.render.nodes import NODE_FORMATS, csv_lines, node_lines
from nodeselect.render.page import render_page
from nodeselect.render.screen import Screen
from nodeselect.text import UNPRINTABLE, display_width

_MAX_NODES = 12
_SEGMENTS = Tuning(max_unsegmented=2)


def check(data: bytes) -> None:
    """Check the numbers of an explanation, what its hints suggest, and one of its reports."""
    seed = crc32(data)
    first, *lines = data.decode("utf-8", "surrogateescape").split("\n")[: _MAX_NODES + 1]
    text, *ids = first.split("\t")
    try:
        alternatives = [
            Selector.of(match_expressions=[each] if each else []) for each in text.split("|")
        ]
        selector = reduce(or_, alternatives) & Selector.of(match_ids=ids)
    except SelectorError:
        return
    nodes = list({node.id: node for node in _nodes(lines)}.values())
    inventory = tuned(DEFAULT if seed % 4 else _SEGMENTS)(nodes)
    explanation = inventory.explain(selector)
    check_numbers(explanation, nodes, selector)
    _check_hints(explanation)
    title, screen = str(selector), Screen(40 + seed % 80, ascii_only=seed % 3 == 0)
    output = "json" if seed % 16 == 3 else ("text", "markdown")[seed % 2]
    result: Explanation | NodeExplanation = explanation
    if nodes and seed % 4 == 1:
        result = inventory.explain_node(selector, nodes[0].id)
        failed = tuple(at for at, (*_, ok) in enumerate(result.requirements) if not ok)
        assert failed == failed_of(selector, nodes[0])
    _check_lines(explanation_lines(output, title, result, screen), output, screen)
    if seed % 64 == 0:
        _check_lines([render_page(explanation, selector.split(), nodes)], "html", screen)
    if seed % 8 == 3:
        _check_standing(selector, nodes)
    if seed % 4 == 2:
        output = NODE_FORMATS[seed % len(NODE_FORMATS)]
        if output != "csv":
            _check_lines(list(node_lines(nodes, output, labels=True)), output, screen)
            return
        with suppress(ValueError):  # there is a label that CSV cannot hold
            lines = list(csv_lines(nodes)[0])
            _check_lines(lines, output, screen)
            _check_cells(lines)


def _check_standing(selector: Selector | AnyOf, nodes: Iterable[Node]) -> None:
    """Compare which of the selector and its parts match each node with the model."""
    parts = selector.split()
    standing = StandingSelectors({"whole": selector})
    for number, part in enumerate(parts):
        standing.upsert(str(number), part)
    for node in nodes:
        failed = failed_of(selector, node)
        expected = [str(number) for number in range(len(parts)) if number not in failed]
        whole = [] if failed else ["whole"]
        assert standing.matching(node).names() == whole + expected


def _check_cells(lines: Iterable[str]) -> None:
    """Check that a spreadsheet reads no cell as a formula."""
    for cell in chain.from_iterable(csv.reader(lines, strict=True)):
        if not re.fullmatch("[-+][0-9]+(?:[.][0-9]+)?", cell):
            assert not cell.startswith(tuple("=+-@\uff1d\uff0b\uff0d\uff20\t\r")), cell


def _nodes(lines: Iterable[str]) -> Iterator[Node]:
    for line in lines:
        node_id, *fields = line.split("\t")
        texts = {field[:1]: field[1:] for field in fields}
        labels = dict(field.partition("=")[::2] for field in fields if field[:1] not in ("@", "~"))
        try:
            yield Node(node_id, labels, texts.get("~"), texts.get("@"))
        except InventoryError:
            continue


def _check_hints(explanation: Explanation) -> None:
    for hint in explanation.hints:
        if hint.replacement is None:
            assert hint.would_match is None
        elif hint.code not in ("name-for-id", "other-id", "id-prefix", "label-for-id"):
            assert Selector.parse(hint.replacement).requirements


def _check_lines(lines: Iterable[str], output: str, screen: Screen) -> None:
    """Check that a report has only characters that a terminal draws, and fits its screen."""
    text = "\n".join(lines)
    assert not UNPRINTABLE.search(text.replace("\n", "")), ascii(text)
    if output == "text":
        assert max(map(display_width, text.split("\n"))) <= screen.columns, ascii(text)
        assert text.isascii() or not screen.ascii_only
