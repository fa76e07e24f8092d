"""``nodeselect match``: print the nodes that a selector matches."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from click.core import ParameterSource

from nodeselect.cli import options
from nodeselect.cli.command import Command
from nodeselect.cli.completion import complete_keys
from nodeselect.cli.inputs.considered import PodOptions, Selection
from nodeselect.cli.inputs.job_selectors import JobFile, selected, workload_of
from nodeselect.cli.inputs.nodes import (
    NodeFiles,
    check_states,
    explained_nodes,
    open_nodes,
)
from nodeselect.cli.inputs.running_pods import RunningPods
from nodeselect.cli.streams import ExitStatus, is_quiet, write_message, write_output
from nodeselect.explain import Explanation
from nodeselect.explain.explanation import named_ids
from nodeselect.explain.wording import (
    headline,
    not_considered_text,
    other_states_text,
    similar_keys_text,
)
from nodeselect.node import Node, count_connected, count_in_states, has_state
from nodeselect.placement import Placement, Usage
from nodeselect.placement.placement import label_part
from nodeselect.readers.reader import NodeReader
from nodeselect.render.id_ranges import compress_ids
from nodeselect.render.nodes import (
    COLUMN_FORMATS,
    FIELDS,
    ID_FORMATS,
    NODE_FORMATS,
    csv_lines,
    node_lines,
    sort_nodes,
)
from nodeselect.render.screen import Style, detect_screen
from nodeselect.selectors import AnyOf, Selector
from nodeselect.text import join_limited, pluralize, quoted, quoted_id

if TYPE_CHECKING:
    from nodeselect.inventory import Inventory, NodeSet


@click.command(
    cls=Command,
    examples=[
        "nodeselect match -l 'region=eu,tier in (gold,silver),!debug' -n nodes.json",
        "nodeselect match --job job.yaml -n nodes.json -L region -o wide",
        "kubectl get nodes -o json | nodeselect match -l gpu -o name",
    ],
    epilog="Exit status: 0 if any node matches (--min, --max), 1 if not, 2 on errors.",
)
@options.nodes_option(takes_files=True)
@options.selector_option("Nodes that match any of these selectors.")
@options.job_option("Nodes that this job or manifest would run on.")
@options.id_option
@click.option("--all", "everything", is_flag=True, help="Select every node.")
@options.output_option(NODE_FORMATS)
@click.option(
    "-L", "--label-column", "keys", metavar="KEY", multiple=True, callback=options.split_commas,
    shell_complete=complete_keys,
    help="Add a column for each of these label keys.",
)  # fmt: skip
@options.single_option(
    "--sort-by", metavar="KEY", shell_complete=complete_keys,
    help="Sort by this label, or by id, name or state.",
)  # fmt: skip
@click.option("--show-labels", is_flag=True, help="Add a column with all labels.")
@click.option("--no-headers", is_flag=True, help="Print no header.")
@click.option("--count", "count_only", is_flag=True, help="Print only how many nodes match.")
@options.state_option
@click.option(
    "--limit", type=options.WholeNumber(min=1), metavar="N", help="Print only the first N nodes."
)
@click.option(
    "--min", "least", type=options.WholeNumber(min=0), metavar="N", default=1,
    help="Exit with 1 if fewer match (default: 1).",
)  # fmt: skip
@click.option(
    "--max", "most", type=options.WholeNumber(min=0), metavar="N",
    help="Exit with 1 if more match.",
)  # fmt: skip
@options.pod_options()
@options.quiet_option
def match(
    nodes_from: NodeFiles,
    expressions: tuple[str, ...],
    job: JobFile | None,
    ids: tuple[str, ...],
    everything: bool,
    states: frozenset[str] | None,
    least: int,
    most: int | None,
    pods: PodOptions,
    **display_options: Any,
) -> int:
    """Print the nodes that a selector matches.

    Selectors are those of Kubernetes: k=v, k!=v, k in (a,b), k notin (a,b), k, !k, k>5, k<5, with
    commas for AND. Of -l, --job and --id, all must match.
    """
    display = _Display(**display_options)
    is_selecting = job is not None or bool(expressions or ids)
    minimum = f"--min {least}{' (the default)' if least == 1 else ''}"
    mistakes = {
        "give --job, -l, --id or --all, such as: -l region=eu": not (is_selecting or everything),
        "--all cannot be combined with --job, -l or --id": everything and is_selecting,
        **display.mistakes(),
        f"{minimum} is greater than --max {most}": most is not None and least > most,
    }
    options.check_usage(mistakes, job, pods.file, *nodes_from.sources)
    content = None if job is None else job.read()
    asked = selected(job, expressions, ids, content)
    running = RunningPods(pods, nodes_from, [asked])
    with running.without(workload_of(content)):
        answer = _match(running, nodes_from, asked, states, display)
    lines, left_out = _lines(answer, display)
    notes = [*running.notes(answer.inventory)]
    write_output(lines)
    for text, style in _messages(answer, display, [*notes, *left_out], pods):
        write_message(text, style)
    status = _check_number(answer.matched, least, most)
    pods.check_known(answer.not_considered)
    return status


class _Display(NamedTuple):
    """The options that determine what is printed about the nodes."""

    output: str
    keys: tuple[str, ...]
    sort_by: str | None
    show_labels: bool
    no_headers: bool
    count_only: bool
    limit: int | None

    def mistakes(self) -> dict[str, bool]:
        """Map the message of each possible mistake to whether the command line has the mistake."""
        source = click.get_current_context().get_parameter_source("output")
        is_default = source is ParameterSource.DEFAULT
        others = self._replace(output="" if is_default else self.output, count_only=False)
        has_columns = self.output in COLUMN_FORMATS
        columns = f"-o table, wide or csv, not -o {self.output}"
        return {
            "--count cannot be combined with other output options": self.count_only and any(others),
            "--sort-by cannot be combined with -o folded":
                bool(self.sort_by) and self.output == "folded",
            f"-L needs {columns}": bool(self.keys) and not has_columns,
            f"--no-headers needs {columns}": self.no_headers and not has_columns,
            f"--show-labels needs -o table, not -o {self.output}":
                self.show_labels and self.output != "table",
        }  # fmt: skip

    @property
    def shown_keys(self) -> Iterable[str]:
        """The keys of the labels to print, and of that to sort by."""
        by = self.sort_by
        return dict.fromkeys([*self.keys, *([by] if by and by not in FIELDS else [])])

    @property
    def needed(self) -> int | None:
        """How many of the matching nodes are needed for the output; None for all."""
        return 0 if self.count_only else None if self.sort_by else self.limit


def _lines(answer: "_Answer", display: _Display) -> tuple[Iterable[str], Sequence[str]]:
    """Return the lines of the output, and a message if these cannot be read again."""
    output, keys, found = display.output, display.keys, answer.nodes
    if display.count_only:
        return [str(answer.matched)], ()
    if output in ID_FORMATS:
        ids = [node.id for node in found] if isinstance(found, list) else found.ids()
        return compress_ids(ids) if output == "folded" else ids, ()
    nodes, header = list(found), not display.no_headers
    if output == "csv":
        try:
            lines, reason = csv_lines(nodes, keys, header=header)
        except ValueError as error:
            raise click.UsageError(str(error)) from None
        return lines, [f"{reason}; to read the nodes again, use -o ndjson"] if reason else ()
    if not nodes and output != "json":
        return (), ()
    screen, labels = detect_screen(), display.show_labels
    return node_lines(nodes, output, keys=keys, labels=labels, header=header, screen=screen), ()


def _check_number(matched: int, least: int, most: int | None) -> ExitStatus:
    """Compare the number of matching nodes with --min and --max; return the exit status."""
    if matched < least:
        expected = f"at least {pluralize(least, 'node')} (--min)"
    elif most is not None and matched > most:
        expected = f"at most {pluralize(most, 'node')} (--max)"
    else:
        return ExitStatus.OK
    if matched or least > 1:
        write_message(f"expected {expected}, found {matched:,}")
    return ExitStatus.NEGATIVE


class _Answer(NamedTuple):
    nodes: "list[Node] | NodeSet"  # that match, up to the limit
    total: int  # of the nodes that --state does not leave out
    states: Counter[str | None]  # of the nodes that match
    other_matches: Counter[str | None]  # of the nodes that match the selector but not --state
    all_states: Counter[str | None]  # of all nodes; empty without --state
    missing_ids: set[str]
    inventory: "Inventory | None"  # all nodes, if they explain why none matches or has such an id
    explanation: Explanation | None = None  # if no node matches
    not_considered: Sequence[str] = ()
    undecided: tuple[Sequence[str], str] = (), ""  # rules, and how they can be decided

    @property
    def matched(self) -> int:
        return self.states.total()


def _match(
    running: RunningPods,
    nodes_from: NodeFiles,
    asked: Selection,
    states: frozenset[str] | None,
    display: _Display,
) -> _Answer:
    """Find the matching nodes, sorted, up to the limit; and why there are none."""
    asked, usage = running.considered(asked), running.usage
    with open_nodes(
        nodes_from, asked, counts_states=states is not None, shown_keys=display.shown_keys
    ) as nodes:
        if isinstance(nodes, NodeReader):
            answer = _read_matches(nodes, nodes_from, states, display.needed)
        else:
            asked = running.options.with_tolerations(asked, nodes)
            answer = _query_matches(nodes, asked, states, display.needed, usage)
    is_explained = not (answer.states or answer.other_matches)
    is_needed = isinstance(asked, Placement) or (is_explained and not is_quiet())
    if answer.inventory is not None and is_needed:
        explanation = answer.inventory.explain(asked, examples=0, states=states, usage=usage)
        rules = explanation.undecided_rules
        answer = answer._replace(
            explanation=explanation if is_explained and not is_quiet() else None,
            not_considered=explanation.not_considered,
            undecided=(rules, running.option(rules)),
        )
    if display.sort_by:
        nodes_in_order = sort_nodes(answer.nodes, display.sort_by)
        answer = answer._replace(nodes=nodes_in_order[: display.limit])
    return answer


def _query_matches(
    inventory: "Inventory",
    selector: Selector | AnyOf | Placement,
    states: frozenset[str] | None,
    limit: int | None,
    usage: Usage | None = None,
) -> _Answer:
    """Find the matching nodes in an inventory; ``limit`` of them are needed, or all."""
    matching = inventory.match(selector, usage=usage)
    nodes, all_states = matching, Counter[str | None]()
    total = len(inventory)
    if states is not None:
        all_states.update(inventory.match(Selector.everything()).state_counts())
        check_states(states, all_states)
        nodes = matching.in_states(states)
        total = count_in_states(all_states, states)
    named = named_ids(label_part(selector).split())
    return _Answer(
        nodes if limit is None else nodes.first(limit),
        total,
        Counter(nodes.state_counts()),
        Counter((matching - nodes).state_counts()),
        all_states,
        {node_id for node_id in named if node_id not in inventory},
        inventory,
    )


def _read_matches(
    reader: NodeReader, nodes_from: NodeFiles, states: frozenset[str] | None, limit: int | None
) -> _Answer:
    """Find the matching nodes while reading inputs node by node, without an inventory."""
    nodes: list[Node] = []
    matched, other = Counter[str | None](), Counter[str | None]()
    for node in reader:
        if states is not None and not has_state(node.state, states):
            other[node.state] += 1
            continue
        matched[node.state] += 1
        if limit is None or len(nodes) < limit:
            nodes.append(node)
    total = reader.count
    if states is not None:
        check_states(states, reader.states)
        total = count_in_states(reader.states, states)
    missing_ids, explained = reader.missing_ids, None
    is_without_hit = not (matched or other)
    if missing_ids or is_without_hit:
        explained = explained_nodes(nodes_from, reader, reads_again=is_without_hit)
    return _Answer(nodes, total, matched, other, reader.states, missing_ids, explained)


def _messages(
    answer: _Answer, display: _Display, notes: Iterable[str], pods: PodOptions
) -> Iterator[tuple[str, Style | None]]:
    """Yield messages: how many nodes match, if none does, what to change, and what is left out."""
    explanation = answer.explanation
    for text in (*notes, *_summary(answer)):
        yield text, None
    if explanation is not None:
        yield explanation.recommendation, "advice" if explanation.correction else "heading"
    for text in () if explanation is not None else _missing_ids(answer):
        yield text, None
    if answer.not_considered and not pods.is_strict:
        yield not_considered_text(answer.not_considered), None
    for key in display.shown_keys:
        if answer.matched and not any(key in node.labels for node in answer.nodes):
            counts = Counter(each for node in answer.nodes for each in node.labels)
            text = f"no printed node has the label {quoted(key)}"
            yield text + similar_keys_text(key, counts), None
    if display.limit and answer.matched > display.limit:
        numbers = f"{display.limit:,} of {answer.matched:,}"
        yield f"printed {numbers} matching nodes (--limit)", None


def _summary(answer: _Answer) -> Iterator[str]:
    """Yield how many nodes match, and how many match but for --state."""
    left_out = answer.all_states.total() - answer.total if answer.all_states else 0
    connected, (rules, option) = count_connected(answer.states), answer.undecided
    text = headline(answer.matched, answer.total, connected, left_out, rules)
    yield f"{text}{option}" if answer.matched else text
    if answer.other_matches:
        yield other_states_text(answer.other_matches)


def _missing_ids(answer: _Answer) -> Iterator[str]:
    """Yield messages about ids of the selector that no node has, with similar ids of nodes."""
    missing, nodes = answer.missing_ids, answer.inventory
    if missing and nodes is not None:
        for hint in nodes.explain(Selector.of(match_ids=sorted(missing))).hints:
            missing = missing.difference(hint.replaced)
            yield hint.message
    if missing:
        texts = sorted(map(quoted_id, missing))
        yield f"no node has the id {join_limited(texts, 5, 'or', 'id')}"
