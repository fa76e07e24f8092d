"""The job files of a folder, checked together."""

from collections.abc import Iterator

import pytest

from nodeselect.jobs import NodeCount, check_job, check_jobs, select_rules

REST = "type: query\nselector: {match_ids: [n-1]}\nconfig: {input: {stdin: {}}}\n"


def repeated(files: dict[str, str]) -> dict[str, str]:
    """Return what is reported of names that several files have, by file."""
    rules = select_rules(["repeated-name"])
    reports = check_jobs(((name, f"{text}\n{REST}") for name, text in files.items()), rules=rules)
    problems = [(report.file, problem) for report in reports for problem in report.problems]
    return {
        file: problem.show(file) for file, problem in problems if problem.code == "repeated-name"
    }


def test_a_name_in_two_files() -> None:
    """Each file after the first with a name is a warning, which names the first."""
    files = dict.fromkeys(("jobs/a.yaml", "jobs/b.yaml", "jobs/c.json"), "name: x")
    said = repeated(files)
    assert list(said) == ["jobs/b.yaml", "jobs/c.json"]
    message = "the job in 'jobs/a.yaml' has the same name: one of them replaces the other"
    assert said["jobs/b.yaml"].startswith(
        f"warning[repeated-name]: {message}\n --> jobs/b.yaml:1:7 at name\n"
    )


@pytest.mark.parametrize(
    "files",
    [
        {"a/x.yaml": "name: x", "b/x.yaml": "name: x"},
        {"x.yaml": "name: x", "b/y.yaml": "name: x"},
        {"x.yaml": "name: x\nnamespace: a", "y.yaml": "name: x\nnamespace: b"},
        {"x.yaml": "name: x", "y.yaml": "name: x\nnamespace: b"},
        {"x.yaml": "name: x", "y.yaml": "name: X"},
        {"x.yaml": "name:", "y.yaml": "name: "},
        {"x.yaml": 'name: ""', "y.yaml": 'name: ""'},
        {"x.yaml": "name: [x]", "y.yaml": "name: [x]"},
        {"x.yaml": "name: x", "y.yaml": "name: x\nname: x"},
    ],
    ids=str,
)
def test_jobs_that_do_not_replace_each_other(files: dict[str, str]) -> None:
    """The same name in another folder, for another environment, or another namespace is right."""
    assert not repeated(files)


def test_the_name_of_another_file() -> None:
    """A file that is probably no job takes no name; one with a selector in any words does."""
    for rest, is_job in (("", 0), ("nodeSelector: {a: b}", 1), ("selectors: {a: b}", 1)):
        files = [("other.yaml", f"name: x\n{rest}"), ("a.yaml", f"name: x\n{REST}")]
        assert [each.code for each in [*check_jobs(files)][1].problems] == [
            "repeated-name"
        ] * is_job


def test_a_name_in_a_wrapper() -> None:
    """It does not matter how a job is written."""
    wrapped = f"name: x, {REST.strip().replace(chr(10), ', ')}"
    reports = list(check_jobs([("a.yaml", f"name: x\n{REST}"), ("b.yaml", f"spec: {{{wrapped}}}")]))
    assert [problem.path for report in reports for problem in report.problems] == ["spec.name"]


def test_files_are_read_one_by_one() -> None:
    """A report is there before the next file is read, and files are not kept."""
    read = []

    def files() -> Iterator[tuple[str, str]]:
        for name in ("a", "b"):
            read.append(name)
            yield f"{name}.yaml", f"name: {name}\n{REST}"

    reports = check_jobs(files())
    assert read == []
    assert next(reports).file == "a.yaml"
    assert read == ["a"]


@pytest.mark.parametrize(
    ("text", "is_job"),
    [
        ("{name: x, selector: {a: b}}", True),
        ("selector: {a: b", True),
        ("{a: {b: c}", False),
        ("kind: Pod\nspec: {containers: []}\n", True),
        ("kind: Pod\nspec: {}\n", False),
        ("a:\n  selector: {b: c}\n", False),
        ("a:\n  selector: {b: c\n", True),
        ("a: \xff", False),
    ],
)
def test_what_is_probably_a_job(text: str, is_job: bool) -> None:
    """A document that is read says itself whether it is a job; what cannot be read, its lines."""
    [report] = check_jobs([("x.yaml", text)])
    assert report.is_job == is_job


@pytest.mark.parametrize(
    ("counted", "codes"),
    [
        (NodeCount(0, 5), ["no-node"]),
        (NodeCount(1, 5), []),
        (NodeCount(1, 5, required=2), ["no-node"]),
        (NodeCount(1, 5, required=2, possible=1), ["no-node"]),
        (NodeCount(2, 5, required=2), []),
        (NodeCount(2, 5, suspect="a"), ["suspect-label"]),
        (NodeCount(4, 5), []),
        (NodeCount(5, 5), ["every-node"]),
        (NodeCount(1, 1), []),
    ],
)
def test_number_of_nodes(counted: NodeCount, codes: list[str]) -> None:
    """Too few nodes, or all of several, are reported at the selector, or at the job without one."""
    rules = select_rules(["no-node", "suspect-label", "every-node"])
    for selector, line in (("selector: {match_ids: [n-1]}", 2), ("type: query", 1)):
        files = [("a", f"name: x\n{selector}\n")]
        [report] = check_jobs(files, rules=rules, count_nodes=lambda _: counted)
        found = [(each.code, each.line) for each in report.problems]
        assert found == [(code, line) for code in codes]


def test_ignored_rules_of_other_systems() -> None:
    """In a manifest, what is no mistake is reported only if its rule is selected."""
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {nodeName: A}\n"
    crd = "---\napiVersion: x.io/v1\nkind: A\nmetadata: {name: a}\nspec: {nodeSelector: {a: b}}\n"
    for rules, code in (([], []), (["no-node"], ["no-node"]), (["unread-condition"], [])):
        text = pod.replace("nodeName: A", "nodeName: a")
        [report] = check_jobs([("a", text)], rules=rules, count_nodes=lambda _: NodeCount(0, 5))
        assert [each.code for each in report.problems] == code
    assert [each.code for each in check_job(pod, rules=[]).problems] == ["invalid-node-name"]
    for rules in ([], ["unread-condition"]):
        assert [each.code for each in check_job(text + crd, rules=rules).problems] == rules


@pytest.mark.parametrize(
    ("value", "excerpt", "is_verbatim"),
    [
        ('"a b"', '{"selector": {"match_labels": {"k": "a b"}}}', True),
        ('"a\\u0020b"', "a b", False),
        ('["a\\u0020b"]', '{"selector": {"match_labels": {"k": ["a\\u0020b"]}}}', True),
    ],
)
def test_excerpt(value: str, excerpt: str, is_verbatim: bool) -> None:
    """A mistake is shown in its line; inside a string with escapes, in what it means."""
    text = f'{{"selector": {{"match_labels": {{"k": {value}}}}}}}'
    [problem] = check_job(text, "x.json", rules=["invalid-value", "wrong-type"]).problems
    assert (problem.excerpt[0], problem.is_verbatim) == (excerpt, is_verbatim)
