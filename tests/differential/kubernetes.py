"""Kubernetes' own parser as a process: ``kubernetes.go``, built with the packages of Debian."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

__all__ = ["GOPATH", "Case", "Kubernetes", "Verdict", "build", "missing"]

GOPATH = Path("/usr/share/gocode")
"""Where golang-k8s-apimachinery-dev of Debian puts the package and what it imports."""


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


def missing(gopath: Path = GOPATH) -> str | None:
    """Return what is missing to build the program; None if nothing is."""
    if shutil.which("go") is None:
        return "Go is not installed (golang-go of Debian)"
    if not (gopath / "src/k8s.io/apimachinery/pkg/labels").is_dir():
        return f"apimachinery is not in {gopath} (golang-k8s-apimachinery-dev of Debian)"
    return None


def build(folder: Path, gopath: Path = GOPATH) -> Path:
    """Build the program in ``folder``, without a network, and return its path."""
    program = folder / "kubernetes"
    source = Path(__file__).with_name("kubernetes.go")
    subprocess.run(
        ["go", "build", "-o", program, source],
        env=os.environ | {"GO111MODULE": "off", "GOPATH": str(gopath), "GOFLAGS": ""},
        check=True,
    )
    return program


class Kubernetes:
    """The running program, to be used in a ``with`` statement."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._counts_commas = False
        [probe] = self.judge([Case("x in (a,,)", [])])
        self._counts_commas = not probe.accepted

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.__exit__(kind, error, trace)  # closes its input, and so ends it

    def judge(self, cases: Sequence[Case]) -> list[Verdict]:
        """Return the verdict of each case. The texts must not contain surrogates."""
        if self._counts_commas:
            cases = [Case(_with_odd_commas(case.text), case.labels) for case in cases]
        questions, answers = self._process.stdin, self._process.stdout
        assert questions is not None
        assert answers is not None
        questions.write(msgspec.json.encode(cases) + b"\n")
        questions.flush()
        return _decoder.decode(answers.readline())


_decoder = msgspec.json.Decoder(list[Verdict])

_COMMAS_AT_END_OF_LIST = re.compile(r"(?:,[ \t\r\n]*)+(?=\))")


def _with_odd_commas(text: str) -> str:
    """Return a text that old versions read as new ones read ``text``.

    Before v0.35, apimachinery rejects lists that end with an even number of commas. One more
    changes nothing else: the value before the ``)`` is empty in any case.
    """
    return _COMMAS_AT_END_OF_LIST.sub(_odd, text)


def _odd(commas: re.Match[str]) -> str:
    return commas[0] if commas[0].count(",") % 2 else f",{commas[0]}"
