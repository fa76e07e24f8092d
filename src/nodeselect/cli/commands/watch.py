"""``nodeselect watch``: print which nodes start or stop matching, as it happens."""

import gc
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, BinaryIO, NamedTuple, NoReturn

import click

from nodeselect.cli import options
from nodeselect.cli.help import Command
from nodeselect.cli.inputs.job_selectors import (
    has_many_jobs,
    ignoring_pods,
    job_selectors,
    read_job,
    runs_several,
    selected,
    warn_if_everything,
)
from nodeselect.cli.inputs.nodes import NO_TABLE, NodeFiles, read_inventory
from nodeselect.cli.streams import ExitStatus, write_error, write_message, write_output
from nodeselect.errors import InventoryError
from nodeselect.explain.explanation import named_keys
from nodeselect.explain.wording import not_considered_text
from nodeselect.files.blocking import blocking_reader, wait_while_open
from nodeselect.files.inputs import cannot_read, open_input
from nodeselect.inventory import Inventory
from nodeselect.inventory.compare import node_change
from nodeselect.node import Node, has_state
from nodeselect.placement import Placement
from nodeselect.placement.placement import label_part
from nodeselect.readers.detect import KNOWN_STATES
from nodeselect.readers.node_stream import DROPPED, NodeStream
from nodeselect.render.diff import CHANGE_FORMATS, change_line
from nodeselect.render.screen import Screen, detect_screen
from nodeselect.selectors import AnyOf, Selector
from nodeselect.standing import StandingSelectors
from nodeselect.text import join_limited, pluralize, quoted

_PIECE_BYTES = 64 * 1024

# poll takes milliseconds as a 32-bit integer.
_MAX_SECONDS = 1_000_000


class _Seconds(click.FloatRange):
    """A number of seconds that the system can wait for, such as 60 or 60s."""

    name = "number of seconds"

    def convert(self, value: Any, param: Any, ctx: click.Context | None) -> float:
        """Return the number; fail if it is too small or too large, or not a number."""
        number: Any = str(value).removesuffix("s")
        seconds = float(super().convert(number, param, ctx))
        if not seconds <= _MAX_SECONDS:  # NaN is not
            self.fail(f"{value} is not a number of at most {_MAX_SECONDS} seconds", param, ctx)
        return seconds


@click.command(
    cls=Command,
    examples=[
        "nodeselect watch --job jobs/ -n fleet.json -o ndjson",
        "nodeselect watch -l gpu -n fleet.json --until 3 --timeout 60",
        "kubectl get nodes -o json -w --output-watch-events | nodeselect watch -l gpu",
    ],
    epilog="Exit status: 0 if --until is reached, or without it a stream of nodes ends; 1 if not,"
    " or if a stream of watch events ends and must be started again; 2 on errors.",
)
@options.nodes_option(takes_files=True)
@options.selector_option("Watch nodes that match any of these selectors.")
@options.job_option(
    "Watch nodes that this job would run on; if repeated, or a folder, those of each job.",
    multiple=True,
)
@options.state_option
@options.output_option(CHANGE_FORMATS)
@click.option(
    "--until", type=options.WholeNumber(min=1), metavar="N",
    help="End as soon as N nodes match.",
)  # fmt: skip
@click.option(
    "--timeout", type=_Seconds(min=0.01), metavar="SECONDS",
    help="With --until: exit with 1 after this time.",
)  # fmt: skip
@click.option(
    "--interval", type=_Seconds(min=0.01), metavar="SECONDS", default=1.0,
    help="How often to check files (default: 1).",
)  # fmt: skip
def watch(
    nodes_from: NodeFiles,
    expressions: tuple[str, ...],
    job: tuple[str, ...],
    states: frozenset[str] | None,
    output: str,
    until: int | None,
    timeout: float | None,
    interval: float,
) -> int:
    """Print which nodes start or stop matching, as it happens.

    First the nodes that match now, then every change: "+ NODE" if a node matches from now on,
    "- NODE" if it no longer does; then the job if there are several, why, and how many match now.

    Standard input or a pipe is a stream of Kubernetes watch events, or of nodes, each of which
    replaces the one with its id. Files and folders are read again when they change.
    """
    is_many = has_many_jobs(job)
    mistakes = {
        "give --job or -l, such as: -l region=eu": not (job or expressions),
        "-l can be combined with one job only": is_many and bool(expressions),
        options.ONE_STDIN: (*job, *nodes_from.sources).count("-") > 1,
        "give one stream with -n, or files and folders":
            len(nodes_from.sources) > 1 and any(map(_is_stream, nodes_from.sources)),
        NO_TABLE: bool(nodes_from.id_column) and any(map(_is_stream, nodes_from.sources)),
        "--timeout needs --until N": timeout is not None and until is None,
    }  # fmt: skip
    options.check_usage(mistakes)
    content = read_job(job[0]) if job and not is_many else None
    if is_many or (runs_several(content) and not expressions):
        jobs = job_selectors(job, content)
        for error in jobs.invalid.values():
            write_error(error)
        if jobs.invalid:
            return ExitStatus.ERROR
        asked = jobs.selectors
        for name, each in asked.items():
            if not isinstance(each, Placement):
                warn_if_everything(name, each)
    else:
        asked = {"": selected(job[0] if job else None, expressions, (), content)}
    asked = {name: ignoring_pods(each) for name, each in asked.items()}
    placements = [each for each in asked.values() if isinstance(each, Placement)]
    if words := dict.fromkeys(words for each in placements for words in each.not_considered):
        write_message(not_considered_text(list(words)))
    if unknown := list(map(quoted, sorted((states or frozenset()) - KNOWN_STATES))):
        write_message(f"{join_limited(unknown, 5)}: not a state of a known system")
    gc.enable()  # this run is not short
    standing = StandingSelectors({name: label_part(each) for name, each in asked.items()})
    options.check_usage({"--until is for one job": until is not None and len(asked) > 1})
    printer = _Printer(asked, standing, states, output, until, detect_screen(), Counter())
    end = None if timeout is None else time.monotonic() + timeout
    status = ExitStatus.OK
    with suppress(_Ended):
        if not _is_stream(nodes_from.sources[0]):
            _watch_files(nodes_from, interval, printer, end)
        # On other systems, a pipe that nobody has opened for writing seems to have ended.
        opener = _open_at_once if timeout is not None and sys.platform == "linux" else None
        with open_input(nodes_from.sources[0], opener) as (stream, name):
            status = _watch_stream(stream, name, printer, end)
    if until is not None and (found := printer.matched.total()) < until:
        write_message(f"expected at least {pluralize(until, 'node')} (--until), found {found:,}")
        return ExitStatus.NEGATIVE
    return status


def _is_stream(source: str) -> bool:
    """Return whether an input is standard input, a pipe or a device, not a file or a folder."""
    is_file = os.path.isfile(source) or os.path.isdir(source)
    return source == "-" or (os.path.exists(source) and not is_file)


def _open_at_once(path: str, flags: int) -> int:
    """Open a file for reading; do not wait until a named pipe is opened for writing."""
    return os.open(path, flags | os.O_NONBLOCK)


class _Ended(Exception):  # noqa: N818 - not an error
    """As many nodes match as ``--until`` says, or the time of ``--timeout`` is up."""


class _Printer(NamedTuple):
    """Prints which answers, sets of nodes that match a selector, a node enters or leaves."""

    asked: Mapping[str, Selector | AnyOf | Placement]  # by the name of the job, if there is one
    standing: StandingSelectors[str]  # what is asked of labels
    states: frozenset[str] | None  # of the nodes that may match; None if all may
    output: str
    until: int | None
    screen: Screen
    matched: Counter[str]  # how many nodes each answer has

    def print(
        self,
        old: Node | None,
        new: Node | None,
        event: int,
        kinds: tuple[bool, ...] = (False, True),
    ) -> None:
        """Print which answers a node enters or leaves. None for ``old`` or ``new``: no node.

        :param kinds: True to print which it enters, False to print which it leaves.
        :raises _Ended: as soon as enough nodes match.
        """
        before, after = self._answers(old), self._answers(new)
        changes = [(False, name) for name in before if name not in after]
        changes += [(True, name) for name in after if name not in before]
        node = new or old
        assert node is not None, "there is a node before or after the change"
        for is_match, name in changes:
            if is_match not in kinds:
                continue
            self.matched[name] += 1 if is_match else -1
            now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            fields = {"time": now, "event": event, "id": node.id, **({"job": name} if name else {})}
            fields |= {"matches": is_match, "matched": self.matched[name]}
            asked = self.asked[name]
            change = node_change(node.id, old, new, asked, named_keys([label_part(asked)]))
            write_output([change_line(change, fields, self.output, self.screen)])
            if self.matched[name] == self.until:
                raise _Ended

    def _answers(self, node: Node | None) -> dict[str, None]:
        """Return the names of the answers that have a node, in their order."""
        if node is None or not (self.states is None or has_state(node.state, self.states)):
            return {}
        names = dict.fromkeys(self.standing.matching(node).names())
        for name in tuple(names):
            asked = self.asked[name]
            if isinstance(asked, Placement) and not asked.matches(node):
                del names[name]
        return names


def _wait(end: float | None, stream: Any = None, seconds: float | None = None) -> None:
    """Wait as :func:`wait_while_open` does, but not after ``end``: then raise ``_Ended``."""
    if end is not None:
        left = max(end - time.monotonic(), 0)
        seconds = left if seconds is None else min(left, seconds)
    wait_while_open(sys.stdout, stream, seconds)
    if end is not None and time.monotonic() >= end:
        raise _Ended


def _watch_stream(stream: BinaryIO, name: str, printer: _Printer, end: float | None) -> ExitStatus:
    """Print the changes that a stream of nodes causes until it ends; return the exit status."""
    inventory = Inventory()
    nodes = NodeStream(_pieces(stream, name, end), inventory, name)
    is_warned = False
    try:
        for node in nodes:
            for change in inventory.apply([node]):
                printer.print(change.old, change.new, nodes.count)
            if nodes.may_hide_deletions and not is_warned:
                is_warned = True
                write_message(
                    f"{name}: warning: nodes that are deleted cannot be told from nodes that"
                    " change; run kubectl with --output-watch-events"
                )
    except InventoryError as error:
        if error.code not in DROPPED:
            raise
        write_error(error)
        return ExitStatus.NEGATIVE
    return ExitStatus.OK


def _pieces(stream: BinaryIO, name: str, end: float | None) -> Iterator[bytes]:
    """Yield the bytes of a stream in pieces, as soon as they arrive."""
    reader: Any = blocking_reader(stream)
    while True:
        _wait(end, stream)
        try:
            piece = reader.read1(_PIECE_BYTES)
        except OSError as error:
            raise cannot_read(name, error) from None
        if not piece:
            return
        yield piece


def _watch_files(
    nodes_from: NodeFiles, interval: float, printer: _Printer, end: float | None
) -> NoReturn:
    """Print the changes between the versions of the node files; never return."""
    current = Inventory()
    for event, new in enumerate(_versions(nodes_from, interval, end), 1):
        # First what nodes leave: so no count is above the number of nodes that match at the end.
        for node in current:
            if node not in new:
                printer.print(node, new.get(node.id), event, (False,))
        for node in new:
            if node not in current:
                printer.print(current.get(node.id), node, event, (True,))
        current = new
        if event == 1:
            write_message(f"{nodes_from.name}: {pluralize(len(new), 'node')}; waiting for changes")
    raise AssertionError("the last version is never the last")


def _versions(
    nodes_from: NodeFiles, interval: float, end: float | None = None
) -> Iterator[Inventory]:
    """Yield the nodes of all files now, and again after each change of a file; never end.

    Since a file may be written in steps, the files are read again only after they have not changed
    for ``interval`` seconds, and a last time at ``end``.

    :raises _Ended: at ``end``.
    """
    read = before = None
    is_last = False
    while True:
        now = _signature(nodes_from)
        if now != read and (is_last or before in (now, None)):
            try:
                result: Inventory | InventoryError = read_inventory(nodes_from)
            except InventoryError as error:
                result = error
            is_same = _signature(nodes_from) == now
            if is_last and not is_same:
                result = cannot_read(nodes_from.name, "it changes all the time")
            if is_last or is_same:
                if isinstance(result, Inventory):
                    yield result
                elif read is None:
                    raise result
                else:
                    write_error(result)
                    waiting = "" if is_last else "; waiting for the next change"
                    write_message(f"the nodes remain what they were{waiting}")
                read = now
        if is_last:
            raise _Ended
        before = now
        try:
            _wait(end, seconds=interval)
        except _Ended:
            is_last = True


def _signature(nodes_from: NodeFiles) -> list[object]:
    """Return a value that is different after a file was written, replaced, added or removed."""
    result: list[object] = []
    with suppress(InventoryError, OSError):  # which reading them raises as well
        for file in nodes_from.files():
            status = os.stat(file)
            result.append((file, status.st_ctime_ns, status.st_size, status.st_ino))
    return result
