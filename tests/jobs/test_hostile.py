"""Files that are made to harm: refused in little memory, and nothing of them reaches a terminal."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nodeselect import JobError, Selector
from nodeselect.jobs import all_rules, check_job, read_job_selector
from nodeselect.limits import LIMITS
from tests.cli.running import unprintable
from tests.jobs.reading import OF_EXCERPTS
from tests.property.strategies import json_values

MOST = 64 * 1024 * 1024
"""Bytes that a check may take beyond those of an idle process."""

MEASURE = """\
import json, pathlib, resource, sys
import yaml
from nodeselect.jobs import check_job, select_rules

rules = select_rules(ignore=["no-type", "no-config"])

def reset():
    try:  # a peak survives fork and exec: begin anew
        open("/proc/self/clear_refs", "w").write("5")
    except OSError:
        pass

def peak():
    try:
        status = open("/proc/self/status").read()
    except FileNotFoundError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024

check_job(b"name: x\\nselector: {match_expressions: [a]}\\n", "warm")
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    data = path.read_bytes()
    reset()
    idle = peak()
    report = check_job(data, "host\\x1b[31mile", rules=rules)
    used = peak() - idle
    shown = [problem.show(report.file) for problem in report.problems]
    codes = [problem.code for problem in report.problems] or ["clean"]
    print(json.dumps([path.name, used, report.errors, codes[0], "\\n".join(shown)]))
"""

BOMB = "name: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(99 + n)}: &{chr(99 + n)} [{', '.join([f'*{chr(98 + n) if n else chr(97)}'] * 9)}]\n"
    for n in range(20)
)
SIZE = LIMITS.job_file_bytes

FILES = {
    "alias-bomb": (BOMB, "anchor"),
    "flow-depth": ("[" * 100_000, "too-deep"),
    "json-depth": ('{"a":' * 100_000, "too-deep"),
    "block-depth": ("- " * 100_000 + "a", "too-deep"),
    "keys-of-keys": ("? " * 100_000 + "a", "too-deep"),
    "a-million-items": ("a: [" + "1," * 1_000_000 + "]", "file-too-large"),
    "items-of-json": ('{"a": [' + "1," * 500_000 + "1]}", "too-many-values-in-file"),
    "empty-lists": (
        "name: x\nselector: {match_ids: [a]}\nconfig: {a: [" + "[]," * 99_990 + "]}",
        "clean",
    ),
    "an-open-template": ('name: x\nmeta: {a: "{{' + "x" * (SIZE - 30) + '"}', "empty-selector"),
    "an-open-template-in-a-label": (
        'name: x\nselector: {match_labels: {a: "{{' + "x" * (SIZE - 50) + '"}}',
        "template",
    ),
    "a-million-keys": ("k: 1\n" * 1_000_000, "file-too-large"),
    "near-misses": (
        "name: x\n" + "".join(f"selector{n:x}: 1\n" for n in range(55_000)),
        "unknown-field",
    ),
    "tags-that-fit": ("name: &a [x]\nmeta: {" + "!t a: !t b," * 90_000 + "}", "anchor"),
    "control-characters": ("name: x" + "\x01" * (SIZE - 7), "control-character"),
    "control-characters-in-lines": ("name: x\n" + "\x7f\n" * 500_000, "control-character"),
    "control-characters-in-keys": (
        "name: x\n" + "".join(f"\x1b{n:x}: \x1b[31m\n" for n in range(60_000)),
        "control-character",
    ),
    "ends-of-line": ("a: b\n" + "\n" * (SIZE - 5), "not-a-job"),
    "huge-integer": ("name: x\npriority: " + "9" * 1_000_000, "empty-selector"),
    "huge-hexadecimal": ("name: x\npriority: 0x" + "f" * 1_000_000, "empty-selector"),
    "base-sixty": ("name: x\npriority: 1" + ":59" * 300_000, "empty-selector"),
    "huge-duration": (
        "name: x\nrollout: {strategy: rolling, health_check: {deadline: " + "9" * 900_000 + "h}}",
        "empty-selector",
    ),
    "integers-of-config": (
        "name: x\nselector: {match_ids: [a]}\nconfig: [" + f"{10**40}, " * 20_000 + "]",
        "wrong-type",
    ),
    "long-text": ("name: x\nselector: " + "a" * 1_000_000, "wrong-type"),
    "expressions": (
        "name: x\nselector: {match_expressions: [" + '"a in (b,c),d", ' * 60_000 + "]}",
        "too-many-requirements",
    ),
    "clashing-values": (
        "name: x\nselector: {match_expressions: ["
        + ", ".join(f'"a notin (v{n},{"w" * 50}{n})"' for n in range(256))
        + "]}",
        "absent-key",
    ),
    "escapes-in-keys": (
        'name: x\n"selec\\e[31mtor": {}\n"\\u202e\\x9b": 1\n"\\u2028": {}\n',
        "empty-selector",
    ),
    "cut-off": ('{"name": "x", "selector": {"match_labels": {"a": ', "not-yaml"),
}


def test_hostile_files(tmp_path: Path) -> None:
    """A hostile file is refused in at most 64 MB over the idle process, in few and safe words."""
    for name, (text, _) in FILES.items():
        (tmp_path / name).write_text(text, "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path)], capture_output=True, text=True, check=True
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {name: code for name, _, _, code, _ in rows} == {
        name: code for name, (_, code) in FILES.items()
    }
    for name, used, errors, _, shown in rows:
        assert errors or name in ("clashing-values", "empty-lists")
        assert used < MOST, name
        assert len(shown) < 20_000, name
        assert not unprintable(shown), name


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("name: x\nselector: {match_ids: [a]}\nconfig: {a: [", "1]}"),
        ('{"name": "x", "selector": {"match_ids": ["a"]}, "config": {"a": [', "1]}}"),
    ],
)  # fmt: skip
def test_number_of_values(start: str, end: str) -> None:
    """A file of 200,000 keys and values is clean; one more is rejected by the name of the limit."""
    others = 18  # five keys, three mappings and two lists, which count twice, two texts, a number
    lists = "[]," * ((LIMITS.job_file_values - others) // 2)
    clean = check_job(f"{start}{lists}{end}".encode(), "x", rules=OF_EXCERPTS)
    assert clean[1:4] == ((), 0, 0)
    [problem] = check_job(f"{start}1,{lists}{end}".encode(), "x").problems
    assert problem.code == "too-many-values-in-file"
    assert problem.message == (
        "a job file may have at most 200,000 keys and values (limit: job_file_values)"
    )


ODD = st.text(st.sampled_from("ab:=!, ()'\"\\\r\n\t\x1b\x7f\x85\u2028\u202e{}$<>*"), max_size=12)
SHAPE = json_values(ODD, ODD, 6)
PARTS = st.sampled_from(["match_ids", "match_labels", "match_expressions"]) | ODD
NAMES = ("constraints", "nodeSelector", "meta", "deployment", "timeouts", "config")
SPEC = st.fixed_dictionaries(
    {"name": ODD},
    optional={
        "selector": SHAPE | st.dictionaries(PARTS, SHAPE, max_size=3),
        **dict.fromkeys(("restart_policy", "type"), ODD),
        **dict.fromkeys(NAMES, SHAPE),
    },
)


@given(SPEC, st.booleans())
def test_texts_of_a_user_are_shown_and_not_sent(spec: dict[str, Any], escaped: bool) -> None:
    """Whatever characters the texts of a job hold, also its advice is safe to print."""
    data = json.dumps(spec, ensure_ascii=escaped).encode()
    for file in ("x.json", "x.yaml"):
        for problem in check_job(data, file).problems:
            for text in (problem.message, problem.path, problem.hint or "", *problem.excerpt):
                assert not unprintable(text)
                assert "\n" not in text


PIECES = [
    "selector:", "match_labels:", "match_expressions:", "match_ids:", "spec:", "name: a",
    "rollout:", "strategy: rolling", "health_check:", "deadline: 5m", "timeouts:", "labels:",
    "meta:", "config:", "constraints:", "expanso.io/a", "\n", "\n  ", "\n    - ", "\r\n", "\t",
    " ", ": ", ", ", "{", "}", "[", "]", '"', "'", "|\n", ">-\n", "---\n", "...\n", "&a ", "*a",
    "!t ", "!!str ", "<<: ", "? ", "# ", "%YAML 1.1\n", "~", "null", "true", "1.10", "a", "a b",
    "region in (eu", "!debug", "\\", "\\ud800", "\\x1b", "\x1b[31m", "\u202e", "\u2028", "\x85",
    "\ufeff", "\x00", "é", "日本", "😀",
]  # fmt: skip
"""Pieces that job files are made of, and pieces that have no business there."""

BYTES = st.binary() | st.lists(st.sampled_from(PIECES)).map(lambda parts: "".join(parts).encode())


@given(BYTES, st.booleans())
@example(b"\xff\xfe", False)
@example(b"\xef\xbb\xbf", False)
@example(b"selector: {match_labels: {? a : b}}", False)
@example(b'{"a":' * 20_000, False)
@example(b"? " * 100_000, False)
def test_all_bytes_are_checked(data: bytes, require: bool) -> None:
    """Any bytes are clean or have problems; each is counted, placed, and safe to print."""
    checked = check_job(data, "x", require_selector=require)
    assert checked.errors + checked.warnings == len(checked.problems) + checked.unreported
    lines = data.count(b"\n") + 1
    for problem in checked.problems:
        assert not unprintable(problem.show(checked.file))
        assert 1 <= problem.line <= lines + 1
        assert 1 <= problem.column < problem.end_column
        assert problem.code in all_rules()
    if not check_job(data, "x").errors:
        assert isinstance(read_job_selector(data, "x"), Selector)
    else:
        with pytest.raises(JobError) as caught:
            read_job_selector(data, "x")
        assert not unprintable(str(caught.value))
