"""A job file, as YAML or JSON."""

import json
from collections.abc import Callable
from zlib import crc32

from tests.hints import check_job_hint

from fuzz.selector import check_error, check_verdicts
from nodeselect import JobError, Selector
from nodeselect.jobs import (
    all_rules,
    check_job,
    fix_job,
    read_job,
    read_job_selector,
)
from nodeselect.manifests.manifest import find_objects
from nodeselect.render.problems import CheckedFiles, problem_lines
from nodeselect.render.screen import PROBLEM_FORMATS, Screen
from nodeselect.text import UNPRINTABLE

_RULES = all_rules()


def check(data: bytes) -> None:
    """Check that a file has problems, each with position and safe text, or has one selector."""
    seed = crc32(data)
    file = "job.json" if data[:1] in (b"{", b"[") and seed % 2 else "job.yaml"
    report = check_job(data, file)
    assert report.errors + report.warnings == len(report.problems) + report.unreported
    lines = data.count(b"\n") + 1
    for problem in report.problems:
        assert problem.code in _RULES
        assert 1 <= problem.line <= lines + 1
        assert 1 <= problem.column < problem.end_column
        assert not UNPRINTABLE.search(problem.show(file).replace("\n", "")), problem
        check_job_hint(problem)
    if seed % 64 < len(PROBLEM_FORMATS):
        for line in problem_lines(
            PROBLEM_FORMATS[seed % 64], CheckedFiles([report], {}, (), (), 0), Screen()
        ):
            assert not UNPRINTABLE.search(line.replace("\n", "")), ascii(line)
    fixed = fix_job(data, file)
    assert fix_job(fixed, file) == fixed
    if b"nodeselect:" in data:
        return  # a comment may ignore an error, for which the file is not read
    if find_objects(data, file):
        assert fixed == data
    elif not report.errors:
        assert fixed == data
        _check_valid(data, file, seed)
    elif seed % 8 == 0 or (seed % 2 and data.startswith(b"{")):
        assert _is_refused(read_job_selector, data, file)
        assert _is_refused(read_job, data, file)


def _check_valid(data: bytes, file: str, seed: int) -> None:
    selector = read_job_selector(data, file)
    check_verdicts(selector, seed)
    if seed % 4 == 0:
        assert read_job(data, file).to_selector() == selector
    try:
        document = json.loads(data)
    except ValueError:
        return
    assert read_job_selector(document) == selector
    fields = document.get("spec", document).get("selector") or {}
    assert Selector.of(**fields) == selector


def _is_refused(read: Callable[[bytes, str], object], data: bytes, file: str) -> bool:
    try:
        read(data, file)
    except JobError as error:
        check_error(error)
        return True
    return False
