"""Kubernetes' own code as processes: the programs in Go here, built with packages of Debian."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Generic, Self, TypeVar

import msgspec
import pytest

# Where the packages are, and what they import; by default, where Debian puts them.
_GOPATH = Path(os.environ.get("KUBERNETES_GOPATH", "/usr/share/gocode"))


class Case(msgspec.Struct, frozen=True):
    """A text, and maps of labels to try."""

    text: str
    labels: list[dict[str, str]]


class Verdict(msgspec.Struct, frozen=True):
    """What Kubernetes says of a case; if it rejects the text, the rest is empty."""

    accepted: bool
    canonical: str
    """The text that Kubernetes prints."""
    requirements: list[tuple[str, str, tuple[str, ...]]]
    """Key, operator and sorted values of each requirement, in the order of :attr:`canonical`."""
    matches: list[bool]
    """One verdict for each map of labels."""


_IMPORTED = {  # by the programs; and the package of Debian that has it
    "texts": ("apimachinery/pkg/labels", "golang-k8s-apimachinery-dev"),
    "objects": (
        "component-helpers/scheduling/corev1/nodeaffinity",
        "golang-k8s-component-helpers-dev",
    ),
    "placements": ("component-helpers/resource", "golang-k8s-component-helpers-dev"),
}


def missing(name: str) -> str | None:
    """Return what is missing to build a program; None if nothing is."""
    if shutil.which("go") is None:
        return "Go is not installed (golang-go of Debian)"
    package, debian = _IMPORTED[name]
    if not (_GOPATH / "src/k8s.io" / package).is_dir():
        return f"k8s.io/{package} is not in {_GOPATH} ({debian} of Debian)"
    return None


def build_or_skip(folders: pytest.TempPathFactory, name: str) -> Path:
    """Build a program in a new folder; skip the test if anything is missing for that."""
    if (what := missing(name)) is not None:
        pytest.skip(what)
    return build(folders.mktemp("kubernetes"), name)


def build(folder: Path, name: str) -> Path:
    """Build a program in ``folder``, without a network, and return its path."""
    program = folder / name
    sources = [Path(__file__).with_name(source) for source in (f"{name}.go", "serve.go")]
    subprocess.run(
        ["go", "build", "-o", program, *sources],
        env=os.environ | {"GO111MODULE": "off", "GOPATH": str(_GOPATH), "GOFLAGS": ""},
        check=True,
    )
    return program


_Case = TypeVar("_Case")
_Verdict = TypeVar("_Verdict")


class Judge(Generic[_Case, _Verdict]):
    """A running program, to be used in a ``with`` statement."""

    def __init__(self, program: Path, verdict: type[_Verdict]) -> None:
        self._process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._decoder = msgspec.json.Decoder(list[verdict])  # type: ignore[valid-type]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.__exit__(kind, error, trace)  # closes its input, and so ends it

    def judge(self, cases: Sequence[_Case]) -> list[_Verdict]:
        """Return the verdict of each case. Its texts must not contain surrogates."""
        questions, answers = self._process.stdin, self._process.stdout
        assert questions is not None
        assert answers is not None
        questions.write(msgspec.json.encode(cases) + b"\n")
        questions.flush()
        return self._decoder.decode(answers.readline())


class Kubernetes(Judge[Case, Verdict]):
    """The program that parses texts."""

    def __init__(self, program: Path) -> None:
        super().__init__(program, Verdict)
        self._counts_commas = False
        [probe] = self.judge([Case("x in (a,,)", [])])
        self._counts_commas = not probe.accepted

    def judge(self, cases: Sequence[Case]) -> list[Verdict]:
        """Return the verdict of each case, as the newest version of Kubernetes gives it."""
        if self._counts_commas:
            cases = [Case(_with_odd_commas(case.text), case.labels) for case in cases]
        return super().judge(cases)


_COMMAS_AT_END_OF_LIST = re.compile(r"(?:,[ \t\r\n]*)+(?=\))")


def _with_odd_commas(text: str) -> str:
    """Return a text that old versions read as new ones read ``text``.

    Before v0.35, apimachinery rejects lists that end with an even number of commas. One more
    changes nothing else: the value before the ``)`` is empty in any case.
    """
    return _COMMAS_AT_END_OF_LIST.sub(_odd, text)


def _odd(commas: re.Match[str]) -> str:
    return commas[0] if commas[0].count(",") % 2 else f",{commas[0]}"
