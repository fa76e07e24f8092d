"""``nodeselect check``: report problems in job files before they are submitted."""

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from errno import EINVAL
from functools import cache
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

import click
from click.core import ParameterSource

from nodeselect.cli import options
from nodeselect.cli.command import CommandWithSettings
from nodeselect.cli.completion import complete_codes, complete_files
from nodeselect.cli.inputs.considered import ignoring_pods, with_added_tolerations
from nodeselect.cli.inputs.files import (
    is_excluded,
    job_name,
    kustomize_note,
    once,
    read_bytes,
    walk,
)
from nodeselect.cli.inputs.job_selectors import unbuilt_in, volumes_in
from nodeselect.cli.inputs.nodes import NodeFiles, nodes_in_states, read_inventory
from nodeselect.cli.streams import (
    ExitStatus,
    progress,
    write_error,
    write_message,
    write_output,
)
from nodeselect.errors import InventoryError
from nodeselect.explain.wording import left_out_text
from nodeselect.files.replace import replace_file
from nodeselect.placement import Placement
from nodeselect.render.screen import PROBLEM_FORMATS, detect_screen
from nodeselect.selectors import AnyOf, Selector
from nodeselect.text import pluralize, printable, quoted

if TYPE_CHECKING:
    from nodeselect.findings.node_count import NodeCount
    from nodeselect.findings.report import CheckReport
    from nodeselect.render.problems import CheckedFiles, CorrectedFile


@click.command(
    cls=CommandWithSettings,
    examples=[
        "nodeselect check job.yaml manifests/",
        "nodeselect check -n nodes.json --min 2 job.yaml",
        "nodeselect check -o sarif jobs/ > nodeselect.sarif",
    ],
    epilog="Exit status: 0 if there is no error, 1 if there is one (or with --strict, a warning;"
    " with --fix, a diff), 2 if a file cannot be read or nothing in a folder was checked.",
)
@click.argument(
    "files", metavar="FILE|FOLDER|-...", nargs=-1, required=True,
    shell_complete=complete_files,
)  # fmt: skip
@options.output_option(PROBLEM_FORMATS)
@click.option("--strict", is_flag=True, help="Exit with 1 for warnings, too.")
@click.option("--require-selector", is_flag=True, help="A job that runs on every node is an error.")
@click.option(
    "--select", metavar="CODE", multiple=True, callback=options.split_commas,
    shell_complete=complete_codes,
    help="Report only these rules (comma-separated).",
)  # fmt: skip
@click.option(
    "--ignore", metavar="CODE", multiple=True, callback=options.split_commas,
    shell_complete=complete_codes,
    help="Do not report these rules (comma-separated).",
)  # fmt: skip
@click.option(
    "--exclude", metavar="GLOB", multiple=True, shell_complete=complete_files,
    help="Skip these files and folders. Repeatable.",
)  # fmt: skip
@options.nodes_option(required=False)
@options.state_option
@click.option(
    "--min", "least", type=options.WholeNumber(min=0), metavar="N",
    help="With -n: how many must match (default: 1).",
)  # fmt: skip
@options.toleration_option
@click.option(
    "--fix", is_flag=True,
    help="Print the sure corrections of jobs, as a diff.",
)  # fmt: skip
@click.option("--write", is_flag=True, help="With --fix: change the files.")
@options.quiet_option
def check(
    files: tuple[str, ...],
    output: str,
    strict: bool,
    require_selector: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    exclude: tuple[str, ...],
    nodes_from: NodeFiles | None,
    states: frozenset[str] | None,
    least: int | None,
    adds_tolerations: bool,
    fix: bool,
    write: bool,
) -> int:
    """Report all problems of jobs and manifests.

    Job files are job specs, manifests and Bacalhau jobs; of a manifest, only what selects nodes is
    checked. With -n, a job that no node matches is an error. "nodeselect rules CODE"
    explains a problem; a comment "# nodeselect: ignore[CODE]" ignores it. Defaults of the options
    are read from nodeselect.toml, or [tool.nodeselect] of pyproject.toml.
    """
    is_diff = fix and not write
    mistakes = {
        "--write goes with --fix": write and not fix,
        "--fix prints a diff; for another output, add --write": is_diff and output != "text",
        "--write cannot change standard input": write and "-" in files,
        "--min, --state and --extended-resource-toleration need nodes: give -n":
            nodes_from is None
            and not (least is None and states is None and not adds_tolerations),
        "FILE and -n cannot both be standard input":
            nodes_from is not None and "-" in nodes_from.sources and "-" in files,
    }  # fmt: skip
    options.check_usage(mistakes)
    rules = _rules(select, ignore, require_selector)
    found = _find(files, exclude)
    counter = None
    if nodes_from is not None:
        counter = _NodeCounter(nodes_from, states, 1 if least is None else least, adds_tolerations)
    checked = _check(found, rules, require_selector, counter, fixes=fix)
    if write:
        _write_corrections(checked)
    _print(checked, output, is_diff)
    if checked.unread:
        return ExitStatus.ERROR
    if any(map(os.path.isdir, files)) and not checked.reports:
        raise click.ClickException("nothing was checked: no file has a job")
    is_negative = checked.has_errors or (strict and checked.has_warnings)
    return ExitStatus(is_negative or (is_diff and bool(checked.corrections)))


def _rules(
    select: Sequence[str], ignore: Sequence[str], require_selector: bool
) -> frozenset[str] | None:
    """Return the codes of the rules to apply; None for all."""
    from nodeselect.jobs import check_jobs, select_rules  # loads YAML

    try:
        rules = select_rules(select or None, ignore) if select or ignore else None
        check_jobs((), rules=rules, require_selector=require_selector)
    except ValueError as mistake:
        raise click.UsageError(str(mistake)) from None
    return rules


class _Found(NamedTuple):
    """The files of the command line.

    :param sources: the files and folders to check.
    :param skipped: those of the command line that are excluded.
    :param names: the files to check, also those in folders.
    :param unread: the errors of files and folders that cannot be read, by their names.
    """

    sources: Sequence[str]
    skipped: Sequence[str]
    names: Sequence[str]
    unread: dict[str, InventoryError]

    def read(self) -> Iterator[tuple[str, bytes]]:
        """Yield the name and the content of each job file; add the errors of others to those."""
        with progress() as show:
            for number, source in enumerate(self.names):
                show(f"checked {number:,} of {pluralize(len(self.names), 'file')}")
                name = job_name(source)
                try:
                    yield name, read_bytes(source)
                except InventoryError as error:
                    self.unread[name] = error


def _find(files: Sequence[str], exclude: Sequence[str]) -> _Found:
    unread: dict[str, InventoryError] = {}
    skipped = [source for source in files if source != "-" and is_excluded(source, exclude)]
    sources = [source for source in files if source not in skipped]
    found = (walk(each, exclude=exclude, on_error=unread.__setitem__) for each in sources)
    return _Found(sources, skipped, once(chain.from_iterable(found), sources), unread)


def _check(
    found: _Found,
    rules: frozenset[str] | None,
    require_selector: bool,
    counter: "_NodeCounter | None",
    *,
    fixes: bool,
) -> "CheckedFiles":
    """Check files; ``fixes``: with the sure corrections of jobs."""
    from nodeselect.jobs import all_rules, check_jobs, fix_job  # loads YAML
    from nodeselect.render.problems import CheckedFiles, CorrectedFile

    jobs: Iterable[tuple[str, bytes]] = found.read()
    fixed = []
    if fixes:
        fixed = [CorrectedFile(name, old, fix_job(old, name, rules=rules)) for name, old in jobs]
        jobs = ((each.file, each.new) for each in fixed)
    unbuilt = unbuilt_in(found.names) if counter else set()
    checked = list(
        check_jobs(
            jobs,
            rules=rules,
            require_selector=require_selector,
            count_nodes=cache(counter.count) if counter else None,
            volumes=volumes_in(found.names) if counter and len(found.names) > 1 else (),
            unbuilt=unbuilt,
        )
    )
    named = set(map(job_name, found.sources))
    reports = [each for each in checked if each.is_job or (each.problems and each.file in named)]
    without_jobs = {each.file for each in checked} - {each.file for each in reports}
    corrections = [each for each in fixed if each.new != each.old and each.file not in without_jobs]
    return CheckedFiles(
        reports,
        found.unread,
        sorted(without_jobs),
        [*counter.not_considered, *_not_compared(checked, unbuilt)] if counter else None,
        sum(each.is_template and each.file in without_jobs for each in checked),
        found.skipped,
        corrections if fixes else None,
        _refusal(corrections, found.sources),
        is_selection=rules is not None and len(rules) < len(all_rules()),
        is_compared=counter is not None
        and not unbuilt.issuperset(map(attrgetter("file"), reports)),
    )


def _not_compared(checked: "Iterable[CheckReport]", unbuilt: Collection[str]) -> Iterator[str]:
    """Yield what was not compared with nodes, and why."""
    for pool in dict.fromkeys(name for each in checked for name in each.not_compared):
        yield f"{pool} (not compared: its nodes may not exist yet)"
    if number := sum(each.is_job and each.file in unbuilt for each in checked):
        words = pluralize(number, "file of a kustomization", "files of kustomizations")
        yield f"{words} (not compared: patches may change them)"


def _print(checked: "CheckedFiles", output: str, is_diff: bool) -> None:
    from nodeselect.render.problems import correction_lines, problem_lines, problem_notes

    if is_diff:
        write_output(correction_lines(checked.corrections or (), detect_screen()))
    else:
        write_output(problem_lines(output, checked, detect_screen()))
    if output not in ("text", "concise", "github"):
        return
    for error in checked.unread.values() if output != "github" else ():
        write_error(error)
    context = click.get_current_context()
    given_nodes = "" if checked.not_considered is None else "-n NODES "
    if note := kustomize_note(checked.without_jobs, f"check {given_nodes}-"):
        write_message(note)
    excluded_by = "--exclude"
    if context.get_parameter_source("exclude") is ParameterSource.DEFAULT_MAP:
        excluded_by = f"exclude in {printable(context.meta['settings'])}"
    give_nodes = "give -n NODES"
    if checked.not_considered is not None:
        give_nodes = "patches of a kustomization may change them"
    elif context.find_root().info_name != "nodeselect":  # the plugin
        give_nodes = "kubectl get nodes -o json | kubectl nodeselect check -n - FILE"
    for note in problem_notes(checked, excluded_by, give_nodes, is_diff=is_diff):
        write_message(note)


class _NodeCounter:
    """Counts the nodes of jobs, and keeps what is not considered of any job."""

    def __init__(
        self,
        nodes_from: NodeFiles,
        states: frozenset[str] | None,
        least: int,
        adds_tolerations: bool,
    ) -> None:
        self._nodes = read_inventory(nodes_from)
        self._states, self._least, self._adds_tolerations = states, least, adds_tolerations
        self._chosen = nodes_in_states(self._nodes, states)
        if left_out := len(self._nodes) - len(self._chosen):
            write_message(left_out_text(left_out))
        self.not_considered: dict[str, None] = {}

    def count(self, selector: Selector | AnyOf | Placement) -> "NodeCount":
        """Return how many nodes a job matches, and why others do not."""
        from nodeselect.jobs import NodeCount  # loads YAML

        asked, least = ignoring_pods(selector), self._least
        decided = with_added_tolerations(asked, self._nodes, is_given=self._adds_tolerations)
        found = self._nodes.explain(decided, examples=0, states=self._states)
        self.not_considered.update(dict.fromkeys(found.not_considered))
        suspect = next((each.message for each in found.hints if each.replaced), "")
        hint = found.recommendation if suspect or not found.matched else ""
        possible, added = found.matched, with_added_tolerations(asked, is_given=True)
        if possible < least and added is not asked:
            possible = len(self._nodes.match(added) & self._chosen)
            if possible >= least:
                hint = hint or "if your API server adds it, give --extended-resource-toleration"
        replaced = tuple(text for each in found.hints for text in each.replaced)
        return NodeCount(
            found.matched, found.total, least, hint or None, suspect, replaced, possible,
            is_undecided=bool(found.undecided_rules),
        )  # fmt: skip


def _refusal(corrections: "Iterable[CorrectedFile]", sources: Collection[str]) -> str:
    """Return why no file can be written: only a link in a folder of ``sources`` leads to one."""
    allowed = list(map(os.path.realpath, sources))
    for name, _, _ in corrections:
        target = os.path.realpath(name)
        if not any(target == each or target.startswith(os.path.join(each, "")) for each in allowed):
            message = f"cannot write {quoted(name)}: it is a link to a file outside of the folder"
            return f"{message}; to change that file, name it"
    return ""


def _write_corrections(checked: "CheckedFiles") -> None:
    if checked.refusal:
        raise click.ClickException(checked.refusal)
    for file, _, new in checked.corrections or ():
        _replace_content(file, new)


def _replace_content(file: str, data: bytes) -> None:
    """Replace the content of a regular file; if that fails, raise, and leave it unchanged."""
    try:
        if not os.path.isfile(file):
            raise OSError(EINVAL, "not a regular file")
        replace_file(file, lambda output: output.write(data))
    except OSError as error:
        raise click.ClickException(f"cannot write {quoted(file)}: {error.strerror}") from None
