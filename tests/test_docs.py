"""Every command and every example in README and docs is run, and prints what is shown."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from docs import build_options, build_pictures, build_rules

import nodeselect
from nodeselect import Selector, SelectorError
from tests import golden
from tests.cli.running import COMMAND, Run

ROOT = Path(__file__).parents[1]
GENERATED = {"index.rst", "options.md", "rules.md"}  # by docs/conf.py, when the site is built
PAGES = sorted(page for page in ROOT.glob("docs/**/*.md") if page.name not in GENERATED)
PAGES += [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]
SITE = [page for page in PAGES if page.parent.name == "docs"]  # without the decisions
SOURCES = ("src", "tests", "benchmarks", "grammar")


class Block(NamedTuple):
    """A fenced block of a page: its first line, and where its text begins."""

    page: Path
    line: int
    start: int
    language: str
    text: str


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a page."""
    text = page.read_text("utf-8")
    for match in re.finditer(r"^```([\w{}]*)[^\n]*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        line = text.count("\n", 0, match.start(2))
        yield Block(page, line, match.start(2), match[1], match[2])


BLOCKS = [block for page in PAGES for block in blocks(page)]


def named(language: str) -> list[object]:
    """Return the blocks of one language as parameters, named by page and line."""
    return [
        pytest.param(block, id=f"{block.page.relative_to(ROOT)}:{block.line}")
        for block in BLOCKS
        if block.language == language
    ]


def run_bash(
    command: str, cwd: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command of a page; ``nodeselect`` is the one that is tested, installed or not."""
    return subprocess.run(
        ["bash", "-c", f'nodeselect() {{ {shlex.join(COMMAND)} "$@"; }}; {command}'],
        cwd=cwd,
        env=os.environ | {"COLUMNS": "80"} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def shown(command: str, run: Run) -> str:
    """Return what a terminal shows of a command; run the last of a pipe in this process."""
    before, _, last = command.replace("\\\n", "").rpartition(" | ")
    lexer = shlex.shlex(last, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    name, *arguments = lexer
    if name != "nodeselect" or any(set(argument) <= set("();<>|&") for argument in arguments):
        return run_bash(f"exec 2>&1; {command}").stdout
    ended = run(*arguments, stdin=run_bash(before).stdout if before else "")
    return ended.out + ended.err


@pytest.mark.parametrize("block", named("console"))
def test_console(block: Block, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command of a console block prints what is shown below it."""
    monkeypatch.chdir(ROOT)
    command = r"^\$ ((?:.*\\\n)*.*\n)((?:(?!\$ ).*\n)*)"
    for match in re.finditer(command, block.text, re.MULTILINE):
        first, last = match.span(2)
        actual = shown(match[1], run)
        golden.check_span(block.page, (block.start + first, block.start + last), actual)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_python(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python examples of a page, read as one session, print what is shown below them."""
    monkeypatch.chdir(ROOT)
    text = ""
    for block in blocks(page):
        if block.language == "python":
            text += "\n" * (block.line - text.count("\n")) + block.text
    golden.check_examples(page, text)


ERRORS = re.findall(
    r"^\| `([a-z-]+)` \| `(.*?)` \| `(.*?)` \|$",
    (ROOT / "docs/language.md").read_text("utf-8").replace("\\|", "|").partition("## Errors")[2],
    re.MULTILINE,
)


@pytest.mark.parametrize(("code", "wrong", "right"), ERRORS)
def test_table_of_errors(code: str, wrong: str, right: str) -> None:
    """Each wrong text in the table of errors raises the code of its row; each right one parses."""
    if not wrong.startswith("Requirement("):
        with pytest.raises(SelectorError) as caught:
            Selector.parse(wrong)
        assert caught.value.code == code
        Selector.parse(right)


@pytest.mark.parametrize("block", named("toml"))
def test_settings(block: Block, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each block of TOML has valid settings."""
    (tmp_path / "nodeselect.toml").write_text(block.text)
    (tmp_path / "job.yaml").touch()
    monkeypatch.chdir(tmp_path)
    assert run("check", "job.yaml").status in (0, 1)


def test_every_block_is_tested() -> None:
    """A block is run here, or is one of the two commands that CI runs, or has no command."""
    languages = {"console", "python", "sh", "text", "toml", "yaml"}
    languages |= {"{image}", "{toctree}", "{warning}"}
    assert {block.language for block in BLOCKS} <= languages
    shell = [block for block in BLOCKS if block.language == "sh"]
    assert [block.page.name for block in shell] == ["README.md", "README.md"]


def steps(value: object) -> Iterator[str]:
    """Yield what a workflow runs: each ``run`` of GitHub, each line of a ``script`` of GitLab."""
    if isinstance(value, list):
        for item in value:
            yield from steps(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from item if key == "script" else [item] if key == "run" else steps(item)


STEPS = [
    pytest.param(command, id=f"{block.page.name}:{block.line}:{number}")
    for block in BLOCKS
    if block.language == "yaml"
    for number, command in enumerate(steps(yaml.safe_load(block.text)))
    if command.startswith("nodeselect ")
]


@pytest.mark.parametrize("command", STEPS)
def test_steps_of_ci(command: str, tmp_path: Path) -> None:
    """The commands in the examples for CI succeed if the jobs are valid."""
    shutil.copy(ROOT / "docs/example/job.yaml", tmp_path / "job.yaml")
    shutil.copy(ROOT / "docs/example/fleet.json", tmp_path / "nodes.json")
    (tmp_path / "jobs").mkdir()
    shutil.copy(ROOT / "docs/example/job.yaml", tmp_path / "jobs")
    summary = tmp_path / "summary.md"
    done = run_bash(f"set -eu; {command}", tmp_path, GITHUB_STEP_SUMMARY=str(summary))
    assert done.returncode == 0, done.stderr
    assert summary.exists() is ("GITHUB_STEP_SUMMARY" in command)


@pytest.mark.parametrize(
    ("files", "nodes", "status"),
    [
        pytest.param("job.yaml", "", 0, id="valid"),
        pytest.param("bad-job.yaml job.yaml", "", 1, id="invalid"),
        pytest.param("job.yaml", "two nodes.json", 1, id="too-few-nodes"),
        pytest.param("-h bad-job.yaml", "", 2, id="no-option"),
    ],
)
def test_action(tmp_path: Path, files: str, nodes: str, status: int) -> None:
    """The last step of the action fails if a job does, with a note at its line."""
    for name in ("bad-job.yaml", "job.yaml"):
        shutil.copy(ROOT / "docs/example" / name, tmp_path)
    (tmp_path / "two nodes.json").write_text('[{"id": "n-1"}, {"id": "n-2"}]')
    (tmp_path / "nodeselect").symlink_to(Path(nodeselect.__file__).parents[1])
    *others, step = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["runs"]["steps"]
    scripts = "\n".join(each.get("run", "") for each in (*others, step))
    for line in re.findall(r".* -m .*", scripts):
        assert '"$PYTHON" -P -m ' in line, "or a folder of the pull request is run"
    inputs = {"FILES": files, "NODES": nodes, "OPTIONS": "--require-selector --ignore no-type"}
    assert set(step["env"]) == {"PYTHON", *inputs}
    inputs |= {"PYTHON": sys.executable, "RUNNER_TEMP": str(tmp_path)}
    done = run_bash(f"set -eo pipefail; {step['run']}", tmp_path, **inputs)
    assert (done.returncode, "::error file=" in done.stdout) == (status, status > 0), done


def test_status_in_the_tutorial() -> None:
    """The first job of the tutorial exits with status 1; so does the last if --min is too high."""
    page = (ROOT / "docs/tutorial.md").read_text("utf-8")
    first, last, _ = re.findall(r"^\$ (nodeselect (?:.*\\\n)*.*)$", page, re.M)
    assert run_bash(first).returncode == 1
    assert run_bash(last).returncode == 0
    assert run_bash(last.replace("--min 10", "--min 17")).returncode == 1


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_names_of_files(page: Path) -> None:
    """Each source file that a page names exists."""
    files = [str(path) for folder in SOURCES for path in (ROOT / folder).rglob("*")]
    for name in re.findall(r"`([\w./-]+\.(?:py|lark|toml|txt|jinja))`", page.read_text("utf-8")):
        is_here = any(file.endswith(f"/{name}") for file in files) or (ROOT / name).exists()
        assert is_here or name == "nodeselect.toml", name  # which a user may write


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    headings = re.findall("^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_links() -> None:
    """Each link of a page to a file of the project, or to a heading in one, has a target.

    On GitHub, the generated pages do not exist.
    """
    for page in PAGES:
        for file, anchor in re.findall(r"\]\(([^)#]*)#?([^)]*)\)", page.read_text("utf-8")):
            target = page.parent / file if file else page
            if "://" not in file:
                is_here = target.exists() and target.name not in GENERATED
                assert is_here, f"{page.name}: {file}"
                assert not anchor or anchor in anchors(target), f"{page.name}: {file}#{anchor}"


def test_address() -> None:
    """Each address of the repository is the one in pyproject.toml, also in what others copy."""
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["urls"]
    name = urls["Source"].removeprefix("https://github.com/")
    others = [ROOT / each for each in ("pyproject.toml", "CHANGELOG.md", "action.yml")]
    others += ROOT.glob(".github/**/*.yml")
    for page in [*PAGES, *others]:
        text = page.read_text("utf-8")
        shown = re.findall(r"(?:github(?:usercontent)?\.com/|uses: )([\w-]+/nodeselect)\b", text)
        assert {*shown} <= {name}, page.name


def test_changelog() -> None:
    """The changelog begins with this version, or one to come, in at most 120 lines."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    [first, *_] = re.findall(r"^## ([\d.]+)(?: \(unreleased\)| - [\d-]{10})$", text, re.MULTILINE)
    assert first == nodeselect.__version__
    assert len(re.split(r"^## ", text, flags=re.MULTILINE)[1].splitlines()) <= 120


def count_words(text: str) -> int:
    """Return how many words a reader sees: what has a letter or a digit, but for fences."""
    return len(re.findall(r"\S*\w\S*", re.sub(r"(?m)^```.*$", "", text)))


@pytest.mark.parametrize("page", [ROOT / "README.md", *SITE], ids=lambda page: str(page.name))
def test_words_of_a_page(page: Path) -> None:
    """A page is read in five minutes; README in less."""
    assert count_words(page.read_text("utf-8")) <= (900 if page.name == "README.md" else 1_200)


def test_words_of_the_site() -> None:
    """All pages are at most 25,000 words, with the generated ones."""
    written = sum(count_words(page.read_text("utf-8")) for page in SITE)
    generated = count_words(build_rules.build_page()) + count_words(build_options.build_page())
    assert written + generated <= 25_000


def test_widths() -> None:
    """What a reader copies is at most 80 columns wide, but for the commands that CI runs."""
    inputs = {"console": r"^\$ (?:.*\\\n)*.*$", "python": r"^(?:>>>|\.\.\.) .*$", "sh": "^$"}
    for block in BLOCKS:
        if block.page in SITE or block.page.name == "README.md":
            for text in re.findall(inputs.get(block.language, "^.*$"), block.text, re.MULTILINE):
                wide = [line for line in text.splitlines() if len(line) > 80]
                assert not wide, f"{block.page.name}:{block.line}"


def test_terminal() -> None:
    """The picture of a terminal shows what the command prints."""
    golden.check(build_pictures.TERMINAL, build_pictures.terminal())


def test_pre_commit_hook(run: Run, tmp_path: Path) -> None:
    """The hook is named as the page says, and runs a command that checks a file."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert f"- id: {hook['id']}\n" in (ROOT / "docs/ci.md").read_text("utf-8")
    program, *command = hook["entry"].split()
    assert program == "nodeselect"
    assert run(*command, str(ROOT / "docs/example/bad-job.yaml")).status == 1
    assert re.search(hook["files"], "jobs/a.yaml")
