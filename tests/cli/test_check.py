"""``nodeselect check``: its options, its output, its exit status and its corrections."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from nodeselect.jobs import all_rules
from tests.cli.running import Run, unprintable, write_files

REST = "type: pipeline\nconfig: {input: {stdin: {}}}\n"
RIGHT = f"name: right\nselector: {{match_labels: {{region: eu}}}}\n{REST}"
WRONG = f"name: wrong\nselector: {{matchLabels: {{region: eu}}}}\n{REST}"
SHORT = '{"type": "query"}'
WARNED = f"name: warned\n{REST}"
BEFORE = f"name: a # the first\nselector:\n  matchLabels: {{v: 1.10}}\n{REST}"
AFTER = BEFORE.replace("matchLabels: {v: 1.10}", 'match_labels: {v: "1.10"}')


@pytest.fixture(autouse=True)
def _files() -> None:
    write_files({"right.yaml": RIGHT, "wrong.yaml": WRONG, "warned.yaml": WARNED})


@pytest.mark.parametrize(
    ("patterns", "checked"),
    [
        ([], ["a/job.yaml", "a/b/docker-compose.yml", "a/b/job.yaml", "a/charts/x.json"]),
        (["docker-compose.*", "charts"], ["a/job.yaml", "a/b/job.yaml"]),
        (["b/*", "charts/"], ["a/job.yaml"]),
        (["job.yaml"], ["a/b/docker-compose.yml", "a/charts/x.json"]),
    ],
)
def test_folder(run: Run, patterns: list[str], checked: list[str]) -> None:
    """The YAML and JSON files are checked by name, except hidden ones, and those excluded."""
    names = ("job.yaml", "b/job.yaml", "b/docker-compose.yml", "charts/x.json")
    others = (".hidden.yaml", ".git/x.yaml", "notes.txt")
    write_files(dict.fromkeys((*names, *others), SHORT), "a")
    options = [option for pattern in patterns for option in ("--exclude", pattern)]
    files = json.loads(run("check", "a", "-o", "json", *options).out)["files"]
    assert [entry["file"] for entry in files] == checked


def test_a_folder_that_cannot_be_read(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is reported, and all files outside it are checked, those in folders after it too."""
    write_files(dict.fromkeys(("x.yaml", "a/x.yaml", "b/x.yaml", "c/x.yaml"), RIGHT), "jobs")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("b"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    error = "cannot read 'jobs/b': Permission denied"
    log = json.loads(run("check", "jobs", "wrong.yaml", "-o", "json").out)
    checked = ["jobs/x.yaml", "jobs/a/x.yaml", "jobs/c/x.yaml", "wrong.yaml"]
    assert [entry["file"] for entry in log["files"]] == checked
    assert log["unread"] == [{"file": "jobs/b", "message": error}]
    message = f"error[cannot-read]: {error}\n"
    assert run("check", "jobs/b") == (2, "", f"{message}1 file could not be read\n")
    assert run("explain", "-n", "-", "--job", "jobs", stdin='{"id": "n"}') == (2, "", message)


@pytest.mark.parametrize(
    ("pattern", "skipped"),
    [
        ("x.yaml", ["a/b/x.yaml"]),
        ("a/b/x.*", ["a/b/x.yaml"]),
        ("b", ["a/b/x.yaml", "a/b"]),
        ("a/", ["a/b/x.yaml", "a/b"]),
        (".*", [".z.yaml"]),
        ("b/x.yaml", []),
        ("-", []),
    ],
)
def test_exclude_arguments(run: Run, pattern: str, skipped: list[str]) -> None:
    """--exclude skips arguments by name, path, or a folder above; the summary names them."""
    write_files(dict.fromkeys(("a/b/x.yaml", "a/b/y.yaml", ".z.yaml"), RIGHT))
    ended = run("check", "--exclude", pattern, "a/b/x.yaml", ".z.yaml", "a/b", "-", stdin=RIGHT)
    summary = " ".join(ended.err.split())
    excluded = summary.partition("; skipped by --exclude: ")[2].partition(";")[0]
    assert excluded == " and ".join(skipped)
    ended = run("check", "--exclude", "r*", "right.yaml")
    assert ended == (0, "", "skipped by --exclude: right.yaml\n")


OTHERS = {
    "service.yaml": "apiVersion: v1\nkind: Service\nspec: {selector: {a: b}}\n",
    "chart.yaml": "apiVersion: v1\nkind: {{ .kind }}\nspec:\n  selector: {a: b}\n",
    "Chart.yaml": "apiVersion: v2\nname: x\nversion: 1.0.0\n",
    "values.yaml": "nodeSelector: {a: b}\ntolerations: []\nimage: {tag: x}\n",
    "kustomization.yaml": "kind: Kustomization\nresources: [a.yaml]\n",
    "workflow.yaml": "name: CI\non: push\njobs: {a: {steps: []}}\n",
    "package.json": '{"name": "x", "type": "module", "config": {"port": 1}}',
    "compose.yaml": "name: x\nservices: {a: &a {image: x}, b: *a}\n",
    "nomad.json": '{"Job": {"TaskGroups": []}}',
    "pipeline.yaml": "input: {stdin: {}}\noutput: {stdout: {}}\n",
    "list.json": "[1]",
    "nodes.yaml": "apiVersion: v1\nkind: NodeList\nitems: [{}]\n",
    "old.yaml": "Job: {APIVersion: V1beta2, Spec: {NodeSelectors: []}}\n",
    "sub-values.yaml": "replicaCount: 1\nname: x\nnodeSelector: {}\n",
    "empty.yaml": "",
    "broken.yaml": "a: [\n",
}
JOBS = {
    "no-selector.yaml": "nmae: x\ntype: pipeline\n",
    "selectors.yaml": "name: x\nselectors: {}\n",
    "no-type.yaml": "name: x\nconfig: {input: {stdin: {}}}\n",
    "wrapped.yaml": "spec: {name: x, type: query}\nmetadata: {}\n",
    "cut-off.yaml": "name: x\nselector: {match_labels: {a: b\n",
    "template.yaml": "name: x\ntype: pipeline\nnamespace: {{ x }}\n",
    "utf-16.yaml": "",
    "pod.yaml": "apiVersion: v1\nkind: Pod\nspec: {nodeSelector: {a: b}}\n",
    "pods.yaml": "apiVersion: v1\nkind: Pod\n---\napiVersion: v1\nkind: Service\n",
    "quoted.yaml": "apiVersion: v1\nkind: Pod\nspec: {a: '{{b}}', a: c}\n",
    "broken-pod.yaml": "apiVersion: v1\nkind: Pod\nspec: {a\n",
    "no-kind.yaml": "apiVersion: v1\nspec: {containers: []}\n",
    "no-version.yaml": "kind: Pod\nspec: {containers: []}\n",
    "broken-pod.json": '{\n  "apiVersion": "v1",\n  "kind": "Pod",,\n}',
    "bacalhau.yaml": "Name: x\nType: batch\nTasks: [{Name: main}]\n",
    "bacalhau-twice.yaml": "Name: x\nName: y\nType: batch\nTasks: [{Name: main}]\n",
}


def test_files_without_jobs(run: Run) -> None:
    """What is in a folder and not a job is passed over, whatever it is, and counted; no job is."""
    write_files(OTHERS | JOBS, "all")
    Path("all/utf-16.yaml").write_bytes(b"\xff\xfe")
    log = json.loads(run("check", "-o", "json", "all").out)
    assert {Path(entry["file"]).name for entry in log["files"]} == JOBS.keys()
    assert log["without_jobs"] == sorted(f"all/{name}" for name in OTHERS)
    err = " ".join(run("check", "all").err.split())
    assert f"; {len(OTHERS) - 1} files have no job; 1 file is a template (check what helm" in err


@pytest.mark.parametrize("name", OTHERS)
def test_a_file_that_is_named_and_has_no_job(run: Run, name: str) -> None:
    """It is an error, which says what it is; a manifest without a pod spec is valid."""
    Path(name).write_text(OTHERS[name])
    ended = run("check", name)
    if name == "service.yaml":
        assert ended == (0, "", "1 file has no job\n")
    else:
        assert ended.status == (0 if name == "package.json" else 1)  # there are only warnings
        assert ended.err.startswith("1 file: ")


@pytest.mark.parametrize("options", [[], ["-o", "json"], ["--fix"], ["-q"]])
def test_nothing_was_checked(run: Run, options: list[str]) -> None:
    write_files({"charts/chart.yaml": OTHERS["chart.yaml"]})
    for skipping in ([], ["--exclude=charts"]):
        ended = run("check", *skipping, *options, "charts")
        assert ended.status == 2
        assert ended.err.endswith("error: nothing was checked: no file has a job\n")


def test_what_is_no_file_in_a_folder(run: Run) -> None:
    """A pipe, which could block, and a link to a folder are skipped; a broken link is an error."""
    summary = "3 files: 1 error (unknown-field), 1 warning (empty-selector)\n"
    os.mkfifo("pipe.yaml")
    Path("loop").symlink_to(".")
    assert run("check", ".").err == summary
    for name, target in {"gone.yaml": "/nowhere/gone.yaml", "long.yaml": "a" * 300}.items():
        Path(name).symlink_to(target)
        ended = run("check", ".")
        assert (ended.status, f"cannot read '{name}'" in ended.err) == (2, True)
        assert "help: it is a link to a file that does not exist\n" in ended.err
    Path("turn.yaml").symlink_to("turn.yaml")
    assert "help:" not in run("check", "turn.yaml").err
    links = ("--exclude=gone.yaml", "--exclude=long.yaml", "--exclude=turn.yaml")
    assert run("check", *links, ".").err == summary


@pytest.mark.parametrize("job", ["wrong.yaml", "nope.yaml", "many.yaml", "refused.yaml"])
def test_match_shows_the_same(run: Run, job: str) -> None:
    """``match --job`` reports the same errors as ``check``, without the warnings."""
    many = f"name: x\nselector: {{a: b}}\ncolour: red\nrollout: {{strategy: x}}\n{REST}"
    refused = "name: 5\nselector: {match_ids: [*a, b, '']}\n"
    write_files({"many.yaml": many, "refused.yaml": refused})
    checked, matched = run("check", job), run("match", "-n", "x", "--job", job)
    *unread, _ = checked.err.splitlines(keepends=True)
    note = "note: the fields will be checked once this is fixed\n"
    said = checked.out.replace(note, "").removesuffix("\n") + "".join(unread)
    assert matched == (2, "", said)


@pytest.mark.parametrize(
    ("job", "is_refused"),
    [
        ("name: 5\nname: x\n", True),
        ('{"name": "\\ud800"}', True),
        ("name: a\x07\n", True),
        ('{"name": "\\u0007", "selector": {"match_ids": ["a"]}}', False),
        ("name: 5\n", False),
    ],
)
def test_fields_of_a_refused_document(run: Run, job: str, is_refused: bool) -> None:
    """If only the document was checked, the report says that the fields will be."""
    ended = run("check", "-", stdin=job)
    assert ended.status == 1
    line = "note: the fields will be checked once this is fixed"
    assert (line in ended.out.splitlines()) == is_refused


def test_rules(run: Run) -> None:
    lines = run("rules").out.splitlines()
    assert [line.split()[0] for line in lines] == list(all_rules())
    assert "absent-key               warning  '!=' or 'notin' also matches" in "\n".join(lines)


@pytest.mark.parametrize("code", all_rules())
def test_rule(run: Run, code: str) -> None:
    ended = run("rules", code)
    assert ended.status == 0
    assert ended.out.startswith(f"{code} ({all_rules()[code].severity}): ")
    assert ("before:" in ended.out) == bool(all_rules()[code].before)
    assert not unprintable(ended.out)


def write_jobs(number: int, job: str, wrong: Mapping[int, str]) -> None:
    """Write ``number`` job files into the folder ``jobs``: those in ``wrong``, and others."""
    for at in range(number):
        text = wrong.get(at, job.replace("NUMBER", str(at)))
        write_files({f"jobs/{at:04}.yaml": f"name: job-{at}\ntype: pipeline\n{text}"})


CONFIG = "config: {input: {}}\n"
ABSENT = f"selector: {{match_expressions: [tier!=free]}}\n{CONFIG}"
ERRORS = {
    17: f"selector: {{matchLabels: {{region: eu}}}}\n{CONFIG}",
    500: f"selector: {{match_expressions: [tier not in (free)]}}\n{CONFIG}",
    999: f"selector: {{match_labels: {{gpu: true}}}}\n{CONFIG}",
}


@pytest.mark.parametrize("job", [ABSENT, ABSENT.replace("free", "NUMBER")], ids=["equal", "varied"])
def test_few_errors_among_many_warnings(run: Run, job: str) -> None:
    """Errors are first: all are on a screen of 24 lines, and counted at the end."""
    write_jobs(1000, job, dict.fromkeys(range(100), CONFIG) | ERRORS)
    checked = run("check", "jobs")
    assert checked.status == 1
    shown = (checked.out + checked.err).splitlines()
    places = ["jobs/0017.yaml:3:12", "jobs/0500.yaml:3:37", "jobs/0999.yaml:3:32"]
    assert [each for each in places if each in "\n".join(shown[:24])] == places
    assert max(map(len, shown)) <= 80
    assert shown[-2:] == [
        "1,000 files: 3 errors (1 unknown-field, 1 not-in, 1 wrong-type), 997 warnings",
        "  (898 absent-key, 99 empty-selector)",
    ]
    assert "and 98 more (-o concise lists them)" in checked.out
    assert "\n     897 more" in checked.out
    assert run("check", "-o", "concise", "jobs").out.count("\n") == 1000


def test_errors_are_never_folded(run: Run) -> None:
    write_jobs(40, ERRORS[17], {})
    checked = run("check", "jobs")
    assert checked.out.count("\n --> jobs/00") == 40
    assert checked.err == "40 files: 40 errors (unknown-field), 0 warnings\n"


def test_write(run: Run) -> None:
    """Only --write changes files, and reports what is left; again, there is nothing to correct."""
    both = f"name: b\nselector: {{match_labels: {{a: 1, b: null}}}}\n{REST}"
    write_files({"before.yaml": BEFORE, "both.yaml": both})
    Path("before.yaml").chmod(0o640)
    Path("link.yaml").symlink_to("before.yaml")
    assert run("check", "--fix", "before.yaml").status == 1
    assert Path("before.yaml").read_text() == BEFORE
    ended = run("check", "--fix", "--write", "link.yaml", "both.yaml", "-o", "concise")
    assert ended.out.startswith("both.yaml:2:38: error[wrong-type]")
    assert ended.err.startswith("corrected 2 files. 2 files: 1 error")
    assert ended.status == 1
    assert Path("before.yaml").read_text() == AFTER
    assert Path("link.yaml").is_symlink()
    assert Path("before.yaml").stat().st_mode & 0o777 == 0o640
    summary = "1 file: no problems; not compared with any nodes (give -n NODES)\n"
    assert run("check", "--fix", "before.yaml") == (0, "", summary)
    assert run("check", "--fix", "both.yaml").out == ""


def test_nothing_is_written_through_a_link_out_of_the_folder(run: Run) -> None:
    """Then no file is changed; a link within the folder, or one that is named, is followed."""
    write_files({"out.yaml": BEFORE, "in/job.yaml": BEFORE, "in/z/far.yaml": BEFORE})
    Path("in/near.yaml").symlink_to("z/far.yaml")
    Path("in/link.yaml").symlink_to("../out.yaml")
    error = run("check", "--fix", "--write", "in").error
    problem = (
        "cannot write 'in/link.yaml': it is a link to a file outside of the folder;"
        " to change that file, name it"
    )
    assert error == f"error: {problem}"
    plain = " ".join(run("check", "--fix", "in").err.split())
    assert plain.startswith(f"--fix --write would correct nothing: {problem}. With the diff, 4 fil")
    assert Path("out.yaml").read_text() == Path("in/job.yaml").read_text() == BEFORE
    assert "corrected 4 files" in run("check", "--fix", "--write", "in", "in/link.yaml").err
    assert Path("out.yaml").read_text() == Path("in/z/far.yaml").read_text() == AFTER


def test_only_jobs_are_corrected(run: Run) -> None:
    write_files({"other.yaml": "name: 5\n"})
    assert "other" in run("check", "--fix", "other.yaml").out
    assert "other" not in run("check", "--fix", ".").out
    run("check", "--fix", "--write", ".")
    assert Path("other.yaml").read_text() == "name: 5\n"


def test_standard_input(run: Run) -> None:
    """The diff of standard input can be shown, but it cannot be changed."""
    assert '+  match_labels: {v: "1.10"}' in run("check", "--fix", "-", stdin=BEFORE).out
    error = run("check", "--fix", "--write", "-", stdin=BEFORE).error
    assert error == "error: --write cannot change standard input"


def test_only_selected_rules(run: Run) -> None:
    """What is not reported is not corrected, and the selector is still not valid."""
    write_files({"before.yaml": BEFORE})
    ended = run("check", "--fix", "--write", "--ignore", "wrong-type", "before.yaml")
    assert (ended.status, "1 error (invalid-selector)" in ended.err) == (1, True)
    assert Path("before.yaml").read_text() == BEFORE.replace("matchLabels", "match_labels")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes anywhere")
def test_a_file_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    write_files({"before.yaml": BEFORE})
    tmp_path.chmod(0o500)
    try:
        ended = run("check", "--fix", "--write", "before.yaml")
    finally:
        tmp_path.chmod(0o700)
    assert (ended.status, ended.out) == (2, "")
    assert ended.err == "error: cannot write 'before.yaml': Permission denied\n"
    assert Path("before.yaml").read_text() == BEFORE
