"""A manifest of Kubernetes, or a job or a selector of another system, as YAML or JSON."""

from zlib import crc32

from fuzz.selector import check_error, check_verdicts
from nodeselect import JobError, Selector, SelectorError
from nodeselect.manifests.manifest import read_manifest
from nodeselect.notations.selector_file import read_selector_file
from nodeselect.render.screen import SELECTOR_FORMATS
from nodeselect.render.selectors import selector_lines
from nodeselect.selectors.selector import alternatives
from nodeselect.text import UNPRINTABLE


def check(data: bytes) -> None:
    """Check that a file is refused with positions in it, or has selectors that can be written."""
    seed = crc32(data)
    file = "a.json" if data[:1] in (b"{", b"[") and seed % 2 else "a.yaml"
    found: list[Selector] = []
    try:
        manifest = read_manifest(data, file)
        selector_file = read_selector_file(data, file)
    except JobError as error:
        check_error(error)
        for problem in error.problems:
            assert 1 <= problem.line <= data.count(b"\n") + 2
            assert 1 <= problem.column < problem.end_column
        return
    for workload in manifest.workloads if manifest else ():
        found += alternatives(workload.placement.selector)
    if selector_file:
        found += selector_file.selectors
    for selector in found:
        check_verdicts(selector, seed)
    output = SELECTOR_FORMATS[seed % len(SELECTOR_FORMATS)]
    try:
        lines = list(selector_lines(found, output))
    except SelectorError as error:
        check_error(error)
        return
    assert not any(UNPRINTABLE.search(line) for line in lines), lines
    if output == "json":
        again = read_selector_file("\n".join(lines).encode(), "a.json")
        assert again is not None
        assert [each.ids for each in again.selectors] == [s.ids for s in found if s.ids != ()]
