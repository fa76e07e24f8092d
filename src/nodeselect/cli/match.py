"""``nodeselect match``: the nodes that a selector takes."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_
from typing import BinaryIO

import click
from click.core import ParameterSource

from nodeselect.cli.exit_status import ExitStatus
from nodeselect.cli.options import (
    all_option,
    id_option,
    in_states,
    is_in,
    job_option,
    job_selector,
    nodes_option,
    other_states,
    parted,
    refuse_states,
    say_empty,
    selector_option,
    selectors_of,
    state_option,
    states_of,
    unknown_states,
)
from nodeselect.cli.peeked import Peeked
from nodeselect.cli.progress import ReadProgress
from nodeselect.cli.stray_arguments import OptionsOnly
from nodeselect.cli.streams import write_message, write_output
from nodeselect.errors import InventoryError
from nodeselect.explain.compute import counted_headline
from nodeselect.explain.wording import none_in_state, states_told
from nodeselect.inventory import Explanation, Inventory
from nodeselect.node import Node
from nodeselect.readers import open_input
from nodeselect.readers.reader import NodeFilter, NodeReader
from nodeselect.render.explanation import headline_of, of_left_out
from nodeselect.render.explanation_formats import Explained, Union, explained_lines, named
from nodeselect.render.layout import detect_screen
from nodeselect.render.nodes import COLUMN_FORMATS, FORMATS, lines_of
from nodeselect.selectors import Selector
from nodeselect.text import pluralize, quoted

__all__ = ["match"]

_FEW = 2_000
"""Nodes up to which it is looked for what was probably meant even where some match."""


@click.command(
    cls=OptionsOnly,
    epilog="""\b
Examples:
  nodeselect match -l 'region=eu,tier in (gold,silver),!debug' -n nodes.json
  nodeselect match --job job.yaml -n nodes.json -L region -o wide
  kubectl get nodes -o json | nodeselect match -l gpu -n - -o name
  nodeselect match -l region=eu -l region=us -n fleet.csv --count

\b
Exit status: 0 some node matches, 1 none does, 2 wrong question or input.
""",
)
@nodes_option()
@selector_option("Take nodes that match the selector. Repeated: nodes that match any of them.")
@job_option("Take the nodes that a job spec selects.")
@id_option("Take the node with this id. Repeated: any of them. With -l, both must hold.")
@all_option("Take every node.")
@click.option(
    "-o", "--output", type=click.Choice(FORMATS), default="table", show_default=True,
    help="How nodes are printed.",
)  # fmt: skip
@click.option(
    "-L", "--label-column", "columns", metavar="KEY", multiple=True,
    help="Show a label, or several parted by commas, in columns of their own. Repeatable.",
)  # fmt: skip
@click.option("--show-labels", is_flag=True, help="Show all labels in the table.")
@click.option("--no-headers", is_flag=True, help="Print no header.")
@click.option("--count", is_flag=True, help="Print only how many nodes match.")
@state_option(
    "Take only nodes in one of these states: connected, disconnected, lost, ready, not-ready,"
    " cordoned, … Repeatable."
)
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="Print only the first N nodes."
)
@click.option(
    "--min", "least", type=click.IntRange(min=0), metavar="N", default=1,
    help="End with status 1 where fewer than N nodes match; 1 if not given.",
)  # fmt: skip
@click.option(
    "--max", "most", type=click.IntRange(min=0), metavar="N",
    help="End with status 1 where more than N nodes match.",
)  # fmt: skip
@click.pass_context
def match(
    context: click.Context,
    nodes_from: str,
    expressions: tuple[str, ...],
    job: str | None,
    ids: tuple[str, ...],
    everything: bool,
    output: str,
    columns: tuple[str, ...],
    show_labels: bool,
    no_headers: bool,
    count: bool,
    states: tuple[str, ...],
    limit: int | None,
    least: int,
    most: int | None,
) -> int:
    """Print the nodes that a selector takes.

    A selector is written as in Kubernetes: k=v, k!=v, k in (a,b), k notin (a,b), k, !k, k>5, k<5,
    joined by commas, all of which must hold.
    """
    asked = {"-l or --id": bool(expressions or ids), "--job": job is not None, "--all": everything}
    if sum(asked.values()) != 1:
        raise click.UsageError(
            "say which nodes, in one way: -l EXPR, --id ID, --job FILE or --all", context
        )
    if job == "-" == nodes_from:
        raise click.UsageError("job and nodes cannot both come from standard input", context)
    _check_output(context, output, columns, show_labels, no_headers, count, limit)
    if most is not None and least > most:
        given = context.get_parameter_source("least") is not ParameterSource.DEFAULT
        advice = "" if given else ": say --min 0 as well"
        raise click.UsageError(f"--min {least} is more than --max {most}{advice}", context)
    keys = parted(context, "-L", columns)
    wanted = states_of(context, states)

    if job is not None:
        selectors = [job_selector(job)]
    elif everything:
        selectors = [Selector.everything()]
    else:
        made = selectors_of(expressions, ids)
        if made is None:
            return ExitStatus.ERROR
        selectors = made

    question = _Question(selectors, wanted, none_is_right=not least, count=count)
    kept = question.read(nodes_from, 0 if count else limit)  # what is not printed is not kept
    if count:
        write_output([str(question.matched)])
    elif kept or output in ("json", "csv"):
        header = not no_headers
        if output == "csv" and "id" in (keys or {key for node in kept for key in node.labels}):
            raise click.UsageError(
                "a label is called 'id', which CSV cannot show beside the nodes' own ids:"
                " name other labels with -L, or use -o json",
                context,
            )
        write_output(lines_of(kept, output, keys=keys, labels=show_labels, header=header))
    if job is not None:
        say_empty(job, selectors[0])
    for line in question.summary(len(kept) if limit else None, named(expressions, selectors)):
        write_message(line)
    if question.matched < least and (question.matched or least > 1):
        are = "is" if least == 1 else "are"
        write_message(
            f"{pluralize(least, 'node')} at least {are} wanted (--min), not {question.matched:,}"
        )
    if most is not None and question.matched > most:
        are = "is" if most == 1 else "are"
        write_message(
            f"{pluralize(most, 'node')} at most {are} wanted (--max), not {question.matched:,}"
        )
    wanted_so = question.matched >= least and (most is None or question.matched <= most)
    return ExitStatus.OK if wanted_so else ExitStatus.NEGATIVE


class _Question:
    """What is asked of the nodes, and what came of it."""

    def __init__(
        self,
        selectors: list[Selector],
        states: frozenset[str] | None,
        *,
        none_is_right: bool,
        count: bool,
    ) -> None:
        self._selectors = selectors
        self._states = states
        self._unknown = unknown_states(states)
        self._all_states: Counter[str | None] = Counter()  # counted where some are not known
        self._none_is_right = none_is_right
        self._count = count
        self._ids = {node_id for selector in selectors for node_id in selector.ids or ()}
        self._missing: set[str] = set()
        self._failures: Counter[int] = Counter()
        self.total = 0
        self.matched = 0
        self._connected = 0
        self._stateless = 0
        self._other_states: Counter[str | None] = Counter()
        self._explanations: list[Explanation] = []
        self._left_out: dict[str, str | None] = {}  # nodes that were not explained, their states
        self._unexplained = ""  # how to ask for what was not explained

    def read(self, source: str, most: int | None) -> list[Node]:
        """Read all nodes, and give the first ``most`` that match, or all."""
        kept: list[Node] = []
        with open_input(source) as (stream, name):
            peeked = _peeked(stream, name)
            progress = ReadProgress(peeked.stream, name)
            # What the second process finds comes back as a whole: that pays where all of it is
            # printed.
            parallel = most is None and not self._unknown
            one, keep = self._wanted()
            reader = NodeReader(
                peeked.stream,
                keep,
                selector=one,
                ids=self._ids,
                name=name,
                on_progress=progress,
                parallel=parallel,
            )
            try:
                for node in reader:
                    self._take(node, kept, most)
            finally:
                progress.clear()
            refuse_states(self._unknown, self._all_states)
            self.total = reader.count
            self._failures, self._missing = reader.failure_masks, reader.missing_ids
            if self._is_explained(small=peeked.is_small):
                self._explain(peeked.again(), name)
            if not self._explanations and not self._left_out:
                self._unexplained = self._how_to_ask(source)
        return kept

    def _is_explained(self, *, small: bool) -> bool:
        """Say whether the nodes are read again: where none matches, and one should; of few nodes
        also where something else may have been meant."""
        if not self.total:
            return False
        if self.matched:
            return small and self.total <= _FEW and self._is_doubtful
        return not self._none_is_right and not self._count

    @property
    def _is_one(self) -> bool:
        """Whether one selector is asked, and of all nodes: then what each node fails is counted."""
        return len(self._selectors) == 1 and not self._states

    @property
    def _is_doubtful(self) -> bool:
        """Whether an id is asked for that no node has, a requirement leaves no node out, or has a
        list, of which no node may have some; where that was not counted, whether it can be."""
        failed = reduce(or_, self._failures, 0) if self._is_one else 0
        several = len(self._selectors) > 1
        return (
            several
            or bool(self._missing if self._is_one else self._ids)
            or any(
                len(each.values) > 1 or (each.operator.matches_absent and not failed >> place & 1)
                for place, part in enumerate(self._selectors[0].split())
                for each in part.requirements
            )
        )

    def _how_to_ask(self, source: str) -> str:
        """Say how to ask for the reasons that were not counted; nothing where none are wanted."""
        if not self.matched and self.total and not self._none_is_right:
            save = "save the nodes in a file, and " if source == "-" else ""
            return f"for all of it, {save}ask: nodeselect explain -n FILE …"
        if 0 < self.matched < self.total and self._is_one and self._reasons is None:
            return "nodeselect explain says why the others do not"
        return ""

    def _explain(self, stream: BinaryIO | None, name: str) -> None:
        if stream is None:
            return
        progress = ReadProgress(stream, name)
        reader = NodeReader(stream, name=name, on_progress=progress)
        try:
            inventory = Inventory(in_states(reader, self._states, self._left_out))
        except InventoryError:  # the file is not any more what it was
            return
        finally:
            progress.clear()
        if inventory:
            self._explanations = [
                inventory.explain(selector).with_excluded_by_state(self._left_out)
                for selector in self._selectors
            ]

    def _take(self, node: Node, kept: list[Node], most: int | None) -> None:
        if self._unknown:  # then all nodes are read, for their states
            self._all_states[node.state] += 1
            if not any(selector.matches(node.labels, node.id) for selector in self._selectors):
                return
        if not is_in(node, self._states):
            self._other_states[node.state] += 1
            return
        self.matched += 1
        self._connected += node.connected
        self._stateless += node.state is None
        if most is None or len(kept) < most:
            kept.append(node)

    def summary(self, shown: int | None, titles: Sequence[str]) -> Iterator[str]:
        """Say how many nodes match, and why not the others; all of it where none matches.

        :param shown: how many nodes were printed, where there was a limit.
        :param titles: what the selectors are called where there are several.
        """
        screen = detect_screen(stream=sys.stderr)
        if self._explanations and not self.matched:
            explained = list(map(Explained, titles, self._explanations))
            union = Union(0, self._explanations[0].total, None) if len(explained) > 1 else None
            yield from explained_lines("text", explained, union, screen)
            if self._left_out:
                yield other_states(len(self._left_out), self.total)
            yield from self._in_other_states()
            return
        headline = self._headline
        if sys.stderr.isatty():
            yield from screen.wrap(headline, hang=2)
        else:  # a log is searched for it
            yield headline
        if shown is not None and shown < self.matched:
            yield "the first one is shown" if shown == 1 else f"the first {shown:,} are shown"
        hints = [hint for explanation in self._explanations for hint in explanation.hints]
        yield from dict.fromkeys(f"{hint.message} [{hint.code}]" for hint in hints)
        missing = sorted(self._missing.difference(*(hint.replaced for hint in hints)))
        if missing:
            some = ", ".join(map(quoted, missing[:5]))
            more = f" and {len(missing) - 5:,} more" if len(missing) > 5 else ""
            yield f"no node has the id {some}{more}"
        if left_out := dict(each for told in self._explanations for each in told.excluded_ids):
            yield of_left_out(list(left_out.items()))
        if self._left_out and not self.matched:
            yield none_in_state(Counter(self._left_out.values()))
        yield from self._in_other_states()
        if not any(selector.is_satisfiable for selector in self._selectors):
            yield "the selector contradicts itself: no node can ever match"
        elif self._unexplained:
            yield self._unexplained

    def _in_other_states(self) -> Iterator[str]:
        """Say how many nodes match in other states than those that are asked for, or in which
        states they do where none is left."""
        if not self.matched and self._other_states:
            told = f" in the states {states_told(self._other_states)}"
            yield f"without --state nodes match{told if any(self._other_states) else ''}"
        elif others := self._other_states.total():
            of = f"{others:,} of {others + self.matched:,} nodes that match"
            yield f"{of} are in other states: they are left out"

    @property
    def _headline(self) -> str:
        return self._reasons or headline_of(self.matched, self.total, self._known_connected, ())

    @property
    def _reasons(self) -> str | None:
        """The headline with what the nodes fail; None where that was not counted."""
        if not self._is_one or (self._none_is_right and not self.matched):
            return None
        return counted_headline(self._selectors[0], self._failures, self._known_connected)

    @property
    def _known_connected(self) -> int | None:
        return self._connected if self.matched > self._stateless else None

    def _wanted(self) -> tuple[Selector, None] | tuple[None, NodeFilter | None]:
        """Give the selector where it is one, and else what tests a node by all of them; nothing
        where all nodes are looked at."""
        if self._unknown:
            return None, None
        if len(self._selectors) == 1:
            return self._selectors[0], None
        tests = [selector.matches for selector in self._selectors]
        return None, lambda labels, node_id: any(test(labels, node_id) for test in tests)


def _check_output(
    context: click.Context,
    output: str,
    columns: tuple[str, ...],
    show_labels: bool,
    no_headers: bool,
    count: bool,
    limit: int | None,
) -> None:
    """Refuse options that would do nothing."""
    given = context.get_parameter_source("output") is not ParameterSource.DEFAULT
    if count and (given or columns or show_labels or no_headers or limit):
        raise click.UsageError("--count prints a number: it goes with no other output", context)
    if (columns or no_headers) and output not in COLUMN_FORMATS:
        raise click.UsageError(
            f"-L and --no-headers go with {', '.join(COLUMN_FORMATS)}, not {output}", context
        )
    if show_labels and output != "table":
        raise click.UsageError(f"--show-labels goes with table, not {output}", context)


def _peeked(stream: BinaryIO, name: str) -> Peeked:
    try:
        return Peeked(stream)
    except OSError as error:
        raise InventoryError(
            "cannot-read", f"cannot be read: {error.strerror or error}", place=name
        ) from None
