"""``nodeselect check``: report problems in job files before they are submitted."""

import os
from collections.abc import Collection, Iterable, Iterator
from errno import EINVAL
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from nodeselect.cli import options
from nodeselect.cli.completion import complete_codes, complete_files
from nodeselect.cli.help import Command
from nodeselect.cli.inputs.files import (
    is_excluded,
    job_name,
    kustomize_note,
    once,
    read_bytes,
    walk,
)
from nodeselect.cli.inputs.job_selectors import (
    ignoring_pods,
    unbuilt_in,
    volumes_in,
    with_added_tolerations,
)
from nodeselect.cli.inputs.nodes import NodeFiles, explain_nodes, nodes_in_states, read_inventory
from nodeselect.cli.streams import (
    ExitStatus,
    progress,
    write_error,
    write_message,
    write_output,
)
from nodeselect.errors import InventoryError
from nodeselect.explain.wording import left_out_text, not_considered_text
from nodeselect.files.replace import replace_file
from nodeselect.placement import Placement
from nodeselect.render.screen import PROBLEM_FORMATS, detect_screen
from nodeselect.selectors import AnyOf, Selector
from nodeselect.text import pluralize, printable, quoted

if TYPE_CHECKING:
    from nodeselect.findings.node_count import CountNodes


# Settings may come with files of strangers, and must not change any file.
_ONLY_OPTIONS = ("fix", "write")


class _CommandWithSettings(Command):
    """A command with defaults from a settings file in the working directory or a folder above."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the command line with defaults from the settings; raise if these are invalid."""
        folder, above = os.getcwd(), None
        while ctx.default_map is None and folder != above:
            for name in ("pyproject.toml", "nodeselect.toml"):  # of both, the second is used
                path = os.path.join(folder, name)
                table = _read_settings(path) if os.path.isfile(path) else None
                if table is not None:
                    ctx.meta["settings"] = os.path.relpath(path)
                    ctx.default_map = self._defaults(table, path)
            folder, above = os.path.dirname(folder), folder
        return super().parse_args(ctx, args)

    def _defaults(self, settings: dict[str, Any], path: str) -> dict[str, Any]:
        """Check the settings of the file ``path``; return them by the names of parameters."""
        known = {
            option.opts[-1].lstrip("-"): option
            for option in self.params
            if isinstance(option, click.Option)
        }
        for key, value in settings.items():
            if key not in known:
                from nodeselect.similarity import similar_name  # compiles patterns

                similar = similar_name(key, known)
                hint = f"; did you mean {quoted(similar)}?" if similar else ""
                raise _settings_error(path, f"there is no setting {quoted(key)}{hint}")
            if key in _ONLY_OPTIONS:
                message = f"{quoted(key)} cannot be a setting: give --{key} to the command"
                raise _settings_error(path, message)
            type_: type = list if known[key].multiple else bool if known[key].is_flag else str
            if isinstance(known[key].type, click.IntRange):
                type_ = int
            if type(value) is not type_:
                raise _settings_error(path, f"{key} must be of the type {type_.__name__}")
        for at, pattern in enumerate(map(str, settings.get("exclude", ()))):
            # A path begins at the settings; a name is for all folders.
            if "/" in pattern.rstrip("/"):
                import glob  # a hundredth of a run; for settings

                root = glob.escape(os.path.dirname(path))
                settings["exclude"][at] = os.path.join(root, os.path.normpath(pattern).lstrip("/"))
        return {str(known[key].name): value for key, value in settings.items()}


def _read_settings(path: str) -> Any:
    """Return the settings in a TOML file; None for a ``pyproject.toml`` that has none."""
    import tomllib  # 7 ms; for settings

    try:
        with open(path, "rb") as file:
            data = file.read()
        if not path.endswith("pyproject.toml"):
            return tomllib.loads(data.decode())
        table = tomllib.loads(data.decode()) if b"nodeselect" in data else {}
        settings = table.get("tool", {}).get("nodeselect")
        if not isinstance(settings, dict | None):
            raise ValueError("tool.nodeselect must be a table")
        return settings
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise _settings_error(path, str(error)) from None


def _settings_error(path: str, reason: str) -> click.ClickException:
    return click.ClickException(f"{os.path.relpath(path)}: {reason}")


@click.command(
    cls=_CommandWithSettings,
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
    from nodeselect.jobs import all_rules, check_jobs, fix_job, select_rules  # loads YAML
    from nodeselect.render.problems import (
        CheckedFiles,
        correction_lines,
        problem_lines,
        problem_summary,
    )

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
    try:
        rules = select_rules(select or None, ignore) if select or ignore else None
        check_jobs((), rules=rules, require_selector=require_selector)
    except ValueError as mistake:
        raise click.UsageError(str(mistake)) from None
    skipped = [source for source in files if source != "-" and is_excluded(source, exclude)]
    unread: dict[str, InventoryError] = {}
    sources = [source for source in files if source not in skipped]
    found = (walk(each, exclude=exclude, on_error=unread.__setitem__) for each in sources)
    names = once(chain.from_iterable(found), sources)
    jobs: Iterable[tuple[str, bytes]] = _read_all(names, unread)
    corrections: list[tuple[str, str, str]] = []
    if fix:
        fixed = [(name, old, fix_job(old, name, rules=rules)) for name, old in jobs]
        jobs = [(name, new) for name, _, new in fixed]
        corrections = [(name, old.decode(), new.decode()) for name, old, new in fixed if new != old]
    not_considered: dict[str, None] = {}
    count_nodes = None
    if nodes_from is not None:
        count_nodes = _node_counter(nodes_from, states, least, adds_tolerations, not_considered)
    unbuilt = unbuilt_in(names) if count_nodes else set()
    checked = list(
        check_jobs(
            jobs,
            rules=rules,
            require_selector=require_selector,
            count_nodes=count_nodes,
            volumes=volumes_in(names) if count_nodes and len(names) > 1 else (),
            unbuilt=unbuilt,
        )
    )
    for pool in (name for each in checked for name in each.not_compared):
        not_considered[f"{pool} (not compared: its nodes may not exist yet)"] = None
    if number := sum(each.is_job and each.file in unbuilt for each in checked):
        words = pluralize(number, "file of a kustomization", "files of kustomizations")
        not_considered[f"{words} (not compared: patches may change them)"] = None
    named = set(map(job_name, sources))
    reports = [each for each in checked if each.is_job or (each.problems and each.file in named)]
    without_jobs = sorted({each.file for each in checked} - {each.file for each in reports})
    corrections = [each for each in corrections if each[0] not in without_jobs]
    templates = [each for each in checked if each.is_template and each.file in without_jobs]
    unknown = None if count_nodes is None else list(not_considered)
    outcome = CheckedFiles(reports, unread, without_jobs, unknown, len(templates))
    refusal = _refusal((name for name, _, _ in corrections), sources)
    if write:
        if refusal:
            raise click.ClickException(refusal)
        for name, _, corrected in corrections:
            _replace_text(name, corrected)
    if is_diff:
        write_output(correction_lines(corrections, detect_screen()))
    else:
        write_output(problem_lines(output, outcome, detect_screen()))
    if output in ("text", "concise", "github"):
        for error in unread.values() if output != "github" else ():
            write_error(error)
        is_selection = rules is not None and len(rules) < len(all_rules())
        context = click.get_current_context()
        excluded_by = "--exclude"
        if context.get_parameter_source("exclude") is ParameterSource.DEFAULT_MAP:
            excluded_by = f"exclude in {printable(context.meta['settings'])}"
        is_plugin = context.find_root().info_name != "nodeselect"
        pipe = "kubectl get nodes -o json | kubectl nodeselect check -n - FILE"
        give_nodes = pipe if is_plugin else "give -n NODES"
        summary = problem_summary(outcome, skipped, excluded_by, is_selection, give_nodes)
        if corrections or (fix and any(each.problems for each in reports)):
            count = pluralize(len(corrections), "file")
            done = f"corrected {count}." if corrections else "nothing was corrected."
            if corrections and not write:
                done = f"--fix --write would correct {count}. After that,"
            if refusal:
                done = f"--fix --write would correct nothing: {refusal}. With the diff,"
            summary = f"{done} {summary}"
        if note := kustomize_note(without_jobs, f"check {'-n NODES ' if nodes_from else ''}-"):
            write_message(note)
        write_message(summary)
        if outcome.not_considered:
            write_message(not_considered_text(outcome.not_considered))
    if unread:
        return ExitStatus.ERROR
    if any(map(os.path.isdir, files)) and not reports:
        raise click.ClickException("nothing was checked: no file has a job")
    has_problems = any(report.errors or (strict and report.warnings) for report in reports)
    return ExitStatus.NEGATIVE if has_problems or (is_diff and corrections) else ExitStatus.OK


def _node_counter(
    nodes_from: NodeFiles,
    states: frozenset[str] | None,
    least: int | None,
    adds_tolerations: bool,
    not_considered: dict[str, None],
) -> "CountNodes":
    """Return a function that counts the nodes of a job, and fills ``not_considered``."""
    from nodeselect.jobs import NodeCount  # loads YAML

    nodes = read_inventory(nodes_from)
    least = 1 if least is None else least
    chosen = nodes_in_states(nodes, states)
    if left_out := len(nodes) - len(chosen):
        write_message(left_out_text(left_out))

    def count(selector: Selector | AnyOf | Placement) -> NodeCount:
        asked = ignoring_pods(selector)
        decided = with_added_tolerations(asked, nodes, is_given=adds_tolerations)
        found = explain_nodes(nodes, decided, states)
        not_considered.update(dict.fromkeys(found.not_considered))
        suspect = next((each.message for each in found.hints if each.replaced), "")
        hint = found.recommendation if suspect or not found.matched else ""
        possible, added = found.matched, with_added_tolerations(asked, is_given=True)
        if possible < least and added is not asked:
            possible = len(nodes.match(added) & chosen)
            if possible >= least:
                hint = hint or "if your API server adds it, give --extended-resource-toleration"
        replaced = tuple(text for each in found.hints for text in each.replaced)
        return NodeCount(
            found.matched, found.total, least, hint or None, suspect, replaced, possible
        )

    return cache(count)


def _refusal(names: Iterable[str], sources: Collection[str]) -> str:
    """Return why no file can be written: only a link in a folder of ``sources`` leads to one."""
    allowed = list(map(os.path.realpath, sources))
    for name in names:
        target = os.path.realpath(name)
        if not any(target == each or target.startswith(os.path.join(each, "")) for each in allowed):
            message = f"cannot write {quoted(name)}: it is a link to a file outside of the folder"
            return f"{message}; to change that file, name it"
    return ""


def _replace_text(file: str, text: str) -> None:
    """Replace the content of a regular file; if that fails, raise, and leave it unchanged."""
    try:
        if not os.path.isfile(file):
            raise OSError(EINVAL, "not a regular file")
        replace_file(file, lambda output: output.write(text.encode()))
    except OSError as error:
        raise click.ClickException(f"cannot write {quoted(file)}: {error.strerror}") from None


def _read_all(
    names: Collection[str], unread: dict[str, InventoryError]
) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of each job file; add the errors of others to ``unread``."""
    with progress() as show:
        for number, source in enumerate(names):
            show(f"checked {number:,} of {pluralize(len(names), 'file')}")
            name = job_name(source)
            try:
                yield name, read_bytes(source)
            except InventoryError as error:
                unread[name] = error
