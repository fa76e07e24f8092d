"""Read the selectors of jobs on the command line: of job files and Kubernetes manifests."""

import os
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import click

from nodeselect.cli.inputs.considered import Selection, ignoring_pods, only_labels
from nodeselect.cli.inputs.files import (
    is_kustomization,
    job_name,
    kustomize_command,
    kustomize_note,
    once,
    read_bytes,
    split_object,
    walk,
)
from nodeselect.cli.streams import write_message
from nodeselect.errors import InventoryError, JobError, SelectorError
from nodeselect.explain.wording import not_considered_text
from nodeselect.placement import Placement, Toleration
from nodeselect.placement.placement import label_part
from nodeselect.problem import Fix, Problem
from nodeselect.selectors import AnyOf, Selector
from nodeselect.text import join_limited, pluralize, printable, quoted

if TYPE_CHECKING:
    from nodeselect.documents import Value
    from nodeselect.manifests.manifest import Manifest, ManifestError, Workload

    Job: TypeAlias = Selector | Placement | Manifest


# What is not considered of a file that a kustomization lists.
_UNBUILT = "patches of a kustomization (not built)"


class Jobs(NamedTuple):
    """The jobs in files, by their names.

    :param selectors: what each valid job requires of a node.
    :param invalid: the error of each invalid file.
    :param workloads: the jobs that are objects of manifests.
    """

    selectors: dict[str, Selection]
    invalid: dict[str, JobError]
    workloads: "dict[str, Workload]"


class JobFile(NamedTuple):
    """The file of the only job of an input.

    :param source: ``FILE``; or ``FILE#KIND/NAME`` for only one object of a manifest.
    :param volumes: the volumes and claims in all files of the input.
    :param is_unbuilt: whether a kustomization of the input lists the file.
    """

    source: str
    volumes: "Sequence[Value]" = ()
    is_unbuilt: bool = False

    @property
    def name(self) -> str:
        """The name in messages."""
        return job_name(self.source)

    def read(self, data: bytes | None = None) -> "Job":
        """Return the result of :func:`read_job`."""
        return read_job(self.source, data, self.volumes)


def selected(
    job: JobFile | None,
    expressions: Sequence[str] = (),
    ids: Sequence[str] = (),
    content: "Job | None" = None,
) -> Selection:
    """Return what a node must match: the job, any of the expressions, and any of the ids, if given.

    Write a message if the job requires nothing, or nothing that a node can have.

    :param content: the content of the job, if it has been read already.
    :raises JobError: if any part of the job is invalid, or there is not exactly one job.
    """
    try:
        selector: Selector | AnyOf = Selector.of(match_ids=ids or None)
    except SelectorError as error:
        raise error.at("--id") from None
    if expressions:
        first, *others = parse_selectors(expressions)
        selector = (AnyOf([first, *others]) if others else first) & selector
    if job is None:
        return selector
    if content is None:
        content = job.read()
    if isinstance(content, Selector | Placement):
        warn_if_everything(job.name, label_part(content))
        return content & selector
    if len(content.workloads) != 1:
        raise _wrong_number_error(job.source, content)
    _report({job.source: content})
    (workload,) = content.workloads
    if workload.placement.selector == Selector.nothing():
        text = "can use no node: every term of its node affinity is empty"
        _write(job.name, f"{printable(workload.name)} {text}")
    return _placement(workload, job.is_unbuilt) & selector


def _placement(workload: "Workload", is_unbuilt: bool) -> Placement:
    asked = workload.placement
    return asked.replace(not_considered=(*asked.not_considered, _UNBUILT)) if is_unbuilt else asked


def leave_out(asked: Selection, job: JobFile | None, considered: Collection[str] = ()) -> Selection:
    """Return the result of :func:`only_labels`; write what is not considered of file ``job``."""
    asked = ignoring_pods(only_labels(asked, considered))
    if isinstance(asked, Placement):
        assert job is not None, "only a manifest is a placement"
        if words := asked.undecided():
            _write(job.name, not_considered_text(words))
        if not considered:
            warn_if_everything(job.name, asked.selector)
    return asked


def parse_selectors(expressions: Sequence[str]) -> list[Selector]:
    """Return a selector for each expression; an error names the option."""
    if option := next((text for text in expressions if text.startswith("-")), None):
        raise click.UsageError(f"-l needs a selector, such as -l region=eu; found {quoted(option)}")
    try:
        selectors = [Selector.of(match_expressions=[text]) for text in expressions]
    except SelectorError as error:
        raise error.at("-l") from None
    for each in dict.fromkeys(each for selector in selectors for each in selector.requirements):
        if each.key.startswith("node."):
            from nodeselect.selectors.other_syntax import swarm_message  # for few

            if message := swarm_message(each):
                _write("-l", message)
    return selectors


def has_many_jobs(files: Sequence[str]) -> bool:
    """Return whether ``files``, the values of ``--job``, are several files or a folder."""
    return len(files) > 1 or any(map(os.path.isdir, files))


def runs_several(content: "Job | None") -> bool:
    """Return whether a result of :func:`read_job` has several workloads."""
    return not isinstance(content, Selector | Placement | None) and len(content.workloads) > 1


def workload_of(content: "Job | None") -> "Workload | None":
    """Return the first workload in a result of :func:`read_job`; None if it has none."""
    workloads = () if isinstance(content, Selector | Placement | None) else content.workloads
    return next(iter(workloads), None)


def is_selector(text: str) -> bool:
    """Return whether a text is a selector with at least one requirement."""
    try:
        return bool(Selector.parse(text).requirements)
    except SelectorError:
        return False


class _JobFiles(NamedTuple):
    """The files in sources, read as jobs.

    :param files: all files.
    :param jobs: the content of each valid one; a manifest may have no workload. Conditions, such as
        a PersistentVolume, are jobs only if there is no other.
    :param invalid: the error of each invalid one.
    :param without_job: the number of the others.
    :param volumes: the volumes and claims in all manifests.
    """

    files: list[str]
    jobs: "dict[str, Job]"
    invalid: dict[str, JobError]
    without_job: int
    volumes: "Sequence[Value]"


def _read_files(sources: Sequence[str], content: "Job | None" = None) -> _JobFiles:
    files = once((file for source in sources for file in walk(source)), sources)
    volumes = volumes_in(files) if len(files) > 1 else ()
    jobs: dict[str, Job] = {}
    invalid: dict[str, JobError] = {}
    without_job = 0
    for file in files:
        try:
            job = content or read_job(file, volumes=volumes)
            if _is_job(job, file in sources, file, has_volumes=bool(volumes)):
                jobs[file] = job
            else:
                without_job += 1
        except JobError as error:
            from nodeselect.jobs import check_job  # for few

            if file in sources or check_job(read_bytes(file), job_name(file)).is_job:
                invalid[file] = error
            else:
                without_job += 1
    others = {
        file: job if split_object(file)[1] else _without_conditions(job, volumes)
        for file, job in jobs.items()
    }
    if invalid or any(map(_runs, others.values())):
        jobs = others
    return _JobFiles(files, jobs, invalid, without_job, volumes)


def _runs(content: "Job | None") -> bool:
    return isinstance(content, Selector | Placement) or workload_of(content) is not None


def _without_conditions(job: "Job", volumes: "Sequence[Value]") -> "Job":
    """Return a manifest that has only conditions on nodes as one that has no job."""
    if isinstance(job, Selector | Placement) or job.workloads != job.conditions:
        return job
    from nodeselect.manifests.manifest import bound_volumes  # loaded already

    joined = "PersistentVolume" if bound_volumes(volumes) else ""
    kinds = (each.owner[0] for each in job.conditions)
    return job._replace(
        workloads=(), skipped=(*job.skipped, *(each for each in kinds if each != joined))
    )


def _is_job(job: "Job", is_named: bool, file: str, *, has_volumes: bool) -> bool:
    """Return whether a file counts as a job; raise JobError if it is named and has none."""
    if isinstance(job, Selector | Placement) or job.workloads or not is_named:
        return True
    if has_volumes and not (job.skipped or job.unread):
        return False  # it has only claims of these volumes
    raise _wrong_number_error(file, job)


def job_selectors(sources: Sequence[str], content: "Job | None" = None) -> Jobs:
    """Return the jobs in several files.

    The name of a job is that of its file. If a manifest has several workloads, each is a job with
    the name ``FILE#KIND/NAME``.

    :param sources: files, objects of manifests (``FILE#KIND/NAME``), and folders of files.
    :raises InventoryError: if a file or a folder cannot be read.
    :raises JobError: if there is no job.
    """
    found = _read_files(sources, content)
    unbuilt = unbuilt_in(found.files)
    selectors: dict[str, Selection] = {}
    workloads: dict[str, Workload] = {}
    manifests: dict[str, Manifest] = {}
    for file, job in found.jobs.items():
        name = job_name(file)
        if isinstance(job, Selector | Placement):
            selectors[name] = job
            continue
        manifests[file] = job
        for workload in job.workloads:
            each = f"{name}#{workload.name}" if len(job.workloads) > 1 else name
            selectors[each] = _placement(workload, file in unbuilt)
            workloads[each] = workload
    _note_kustomizations(found.files)
    if number := found.without_job:
        write_message(f"{pluralize(number, 'file has', 'files have')} no job")
    if not selectors and not found.invalid:  # folders of other objects of Kubernetes
        raise _no_workload_error(" ".join(sources), *manifests.values())
    _report(manifests)
    return Jobs(
        selectors, {job_name(each): found.invalid[each] for each in found.invalid}, workloads
    )


def only_job(*sources: str) -> JobFile:
    """Return the only job in folders and files; raise JobError if there is not exactly one."""
    found = _read_files(sources)
    if error := next(filter(None, map(found.invalid.get, sources)), None):
        raise error
    jobs = [file for file in found.files if file in found.invalid or _runs(found.jobs.get(file))]
    if len(jobs) == 1:
        _note_kustomizations(found.files)
        return JobFile(jobs[0], found.volumes, jobs[0] in unbuilt_in(found.files))
    folder = " ".join(sources)
    if not jobs:
        raise _no_workload_error(folder)
    owner = "the folder has" if len(sources) == 1 else "there are"
    message = f"{owner} several jobs, such as {' and '.join(map(printable, jobs[:2]))}"
    fix = Fix.write(printable(jobs[0]), "to choose one, write")
    raise _file_error(folder, "several-jobs", message, fix)


def _note_kustomizations(files: Iterable[str]) -> None:
    if note := kustomize_note(files, "explain --job - -n NODES"):
        write_message(note)


def warn_if_everything(name: str, selector: Selector | AnyOf) -> None:
    """Write a warning if the selector of a job file is empty, so that the job selects all nodes."""
    if not selector.split():
        _write(name, "the selector is empty: this job selects EVERY node")


def volumes_in(files: Iterable[str]) -> "list[Value]":
    """Return the volumes and claims in the manifests of one input."""
    from nodeselect.manifests.manifest import read_volumes

    found: list[Value] = []
    for file in dict.fromkeys(split_object(source)[0] for source in files):
        with suppress(InventoryError):  # it is reported when its jobs are read
            found += read_volumes(read_bytes(file), file)
    return found


def unbuilt_in(files: Collection[str]) -> set[str]:
    """Return those of the files that a kustomization among them lists, itself or by a folder."""
    from nodeselect.manifests.manifest import listed_files

    listed: set[str] = set()
    for file in filter(is_kustomization, files):
        with suppress(InventoryError):  # it is reported when it is checked
            folder = os.path.dirname(file)
            listed.update(
                os.path.abspath(os.path.join(folder, each))
                for each in filter(None, listed_files(read_bytes(file), file))
            )
    paths = {file: os.path.abspath(file) for file in files if listed}
    return {file for file, path in paths.items() if {path, os.path.dirname(path)} & listed}


def read_job(source: str, data: bytes | None = None, volumes: "Sequence[Value]" = ()) -> "Job":
    """Return the selector of a job; or what a manifest, a Bacalhau job or an affinity requires.

    :param source: ``FILE``; or ``FILE#KIND/NAME`` for only one object of a manifest.
    :param data: the content of the file, if it has been read already.
    :param volumes: the result of :func:`volumes_in` for all files of the input.
    """
    from nodeselect.kinds import may_be_manifest  # loads YAML

    file, name = split_object(source)
    data = read_bytes(file) if data is None else data
    manifest = None
    if may_be_manifest(data):
        from nodeselect.manifests.manifest import read_manifest

        manifest = read_manifest(data, job_name(file), volumes)
    if not name:
        if manifest is not None:
            return manifest
        from nodeselect.expanso.read import read_job_selector  # not for a manifest

        try:
            return read_job_selector(data, job_name(file))
        except JobError:
            if (placement := _read_affinity(data, job_name(file))) is None:
                raise
            return placement
    known = (*manifest.workloads, *manifest.conditions) if manifest else ()
    named = {each.name: each for each in known}
    fitting = [name] if name in named else [n for n in named if name in named[n].short_names]
    unread = [each for each in manifest.unread if name in each.short_forms] if manifest else []
    if manifest and unread and not fitting:
        raise _no_workload_error(source, manifest._replace(unread=tuple(unread)))
    if manifest is None or len(fitting) != 1:
        message = f"found nothing in the file that is called {quoted(name)} and selects nodes"
        names = fitting
        if fitting:
            message = f"{len(fitting):,} objects or pod specs are called {quoted(name)}"
        else:
            from nodeselect.similarity import closeness  # compiles patterns

            last = name.rpartition("/")[2]
            names = sorted(named, key=lambda each: -closeness(last, [each.rpartition("/")[2]]))
        hint = f"the file has {join_limited(list(map(printable, names)), 5)}" if names else None
        raise _file_error(file, "no-such-object", message, hint)
    return manifest._replace(workloads=(named[fitting[0]],), skipped=(), unread=())


def _read_affinity(data: bytes, file: str) -> Placement | None:
    """Return what the affinity or node selector of a pod, without the pod, requires; or None."""
    from nodeselect.notations.selector_file import POD_CONDITIONS, read_selector_file  # loads YAML

    found = read_selector_file(data, file)
    if found is None or found.kind != POD_CONDITIONS:
        return None
    terms = found.selectors
    selector = AnyOf(terms) if len(terms) > 1 else next(iter(terms), Selector.nothing())
    words = ("taints", "requests", *found.not_considered)
    return Placement(selector, [Toleration(operator="Exists")], {}, words)


def _report(manifests: "Mapping[str, Manifest]") -> None:
    """Write which objects of manifests were skipped."""
    name = pluralize(len(manifests), "manifest")
    if len(manifests) == 1:
        name = job_name(*manifests)
    skipped = Counter(kind for manifest in manifests.values() for kind in manifest.skipped)
    if skipped:
        kinds = [f"{count:,} {printable(kind)}" for kind, count in skipped.items()]
        _write(name, f"not read: {join_limited(kinds, 5)}")
    if unread := _unread(*manifests.values()):
        _write(name, f"conditions that are not read: {unread}")


def _unread(*manifests: "Manifest") -> str:
    names = [printable(str(name)) for manifest in manifests for name in manifest.unread]
    return join_limited(names, 5) if names else ""


def _wrong_number_error(job: str, manifest: "Manifest") -> JobError:
    """Return the error for a manifest that has no workload, or several of them."""
    if not manifest.workloads:
        return _no_workload_error(job, manifest)
    import shlex  # loads slowly

    names = [workload.name for workload in manifest.workloads]
    message = f"{len(names):,} objects select nodes: {printable(join_limited(names, 20))}"
    fix = Fix.write(printable(shlex.quote(f"{job}#{names[0]}")), "to choose one, write")
    if job == "-":
        fix = Fix.write("FILE#KIND/NAME", "to choose one, save the input to a file, then write")
    return _file_error(job, "several-workloads", message, fix)


def _no_workload_error(name: str, *manifests: "Manifest") -> JobError:
    names = list(dict.fromkeys(kind for manifest in manifests for kind in manifest.skipped))
    found = join_limited(list(map(printable, names)), 5)
    hint: Fix | str = "of a kind that has no pod spec, copy what selects nodes into a Pod"
    if names == ["Node"]:
        hint = "give nodes with -n FILE, and a job or a manifest with --job"
    elif not {"Component", "Kustomization"}.isdisjoint(names):
        command = kustomize_command(split_object(name)[0], "explain --job - -n NODES")
        hint = Fix.write(command, "for what it makes, run")
    message = f"found no pod spec, and no other condition on nodes, only {found or 'an empty list'}"
    if unread := _unread(*manifests):
        message = f"found no pod spec, only conditions that are not read: {unread}"
    elif not manifests:
        message, hint = "no file has a job", "for the reason, give one of the files alone"
    return _file_error(name, "no-workload", message, hint)


def _file_error(
    job: str, code: str, message: str, hint: Fix | str | None = None
) -> "ManifestError":
    from nodeselect.manifests.manifest import ManifestError

    return ManifestError(job_name(job), (Problem(code, message, fix=Fix.of(hint)),))


def _write(name: str, text: str) -> None:
    write_message(f"{printable(name)}: {text}")
