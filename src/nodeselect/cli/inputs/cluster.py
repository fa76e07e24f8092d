"""The nodes and pods of a Kubernetes cluster, as the program ``kubectl`` lists them.

This is the only module of nodeselect that runs another program; it opens no connection itself.
"""

import re
import shlex
import subprocess
from collections.abc import Generator, Sequence
from contextlib import suppress
from io import BytesIO
from typing import BinaryIO
from urllib.parse import quote

import msgspec

from nodeselect.cli.streams import progress
from nodeselect.errors import InventoryError
from nodeselect.files.inputs import reason_of
from nodeselect.problem import Fix
from nodeselect.text import printable, quoted

# What errors of a known reason have in their messages, with a command that helps, and its words.
_CAUSES = (
    (
        re.compile("is not JSON"),
        "config view --minify",
        "something else answers, such as a proxy; for the address that kubectl asks, run",
    ),
    (re.compile(r"server \(Forbidden\)"), "auth can-i list {}", "ask for the right; check it with"),
    (
        re.compile(r"\(Unauthorized\)|logged in|credentials"),
        "auth whoami",
        "log in again; then run",
    ),
    (re.compile(r"does not exist|not found"), "config get-contexts", "for the contexts, run"),
    (re.compile(r"[Cc]onnect|dial tcp"), "cluster-info", "to see whether the server answers, run"),
)

# How long to wait for kubectl before it is shown for what, in seconds.
_SHOWN_EVERY = 1.0


class _Metadata(msgspec.Struct):
    remaining: int | None = msgspec.field(default=None, name="remainingItemCount")
    token: str | None = msgspec.field(default=None, name="continue")


class _Page(msgspec.Struct):
    """One page of a list. The objects on it are decoded when they are read."""

    kind: str
    metadata: _Metadata
    items: list[msgspec.Raw] | None


class _NamespaceMetadata(msgspec.Struct):
    name: str
    labels: dict[str, str] = {}


class _Namespace(msgspec.Struct):
    metadata: _NamespaceMetadata


def list_pages(kind: str, options: Sequence[str]) -> Generator[tuple[BinaryIO, str], None, None]:
    """List all objects of a kind: for each page, yield a JSON array of them, and its name.

    All pages together are one moment of the cluster. One page at a time is in memory.

    :raises InventoryError: if kubectl cannot be run or fails, or the list is incomplete. Its code
        is ``kubectl-forbidden`` if the user may not list these objects.
    """
    resource = f"{kind.lower()}s"
    token, number = "", 0
    firsts: set[bytes] = set()  # the first object of each page
    while token or not number:
        number += 1
        path = f"/api/v1/{resource}?limit=500" + (f"&continue={quote(token)}" if token else "")
        output = b""
        try:
            output = _run([*options, "get", "--raw", path], f"page {number} of the {resource}")
            page = msgspec.json.decode(output, type=_Page)
            before, token = token, page.metadata.token or ""
            remains = token or page.metadata.remaining
            first = bytes(page.items[0]) if page.items else b""
            is_lost = remains and (not first or first in firsts or token in ("", before))
            firsts.add(first)
            if page.kind != f"{kind}List" or is_lost:
                raise ValueError("of another kind, or the next page is unknown")
        except OSError as error:
            message = f"kubectl cannot list the {resource}: {reason_of(error)}"
            code = "kubectl-forbidden" if "server (Forbidden)" in message else "kubectl-failed"
            raise InventoryError(code, message, hint=_hint(message, resource, options)) from None
        except (msgspec.MsgspecError, ValueError, RecursionError):
            message = f"page {number} of the {resource} that kubectl lists is incomplete"
            if output.lstrip()[:1] not in (b"", b"{"):
                start = quoted(output.decode("utf-8", "replace").strip(), 60)
                message = f"page {number} of the {resource} is not JSON, but begins with {start}"
            hint = _hint(message, resource, options)
            raise InventoryError("one-page", message, hint=hint) from None
        items = b"[%s]" % b",\n".join(map(bytes, page.items or ()))
        yield BytesIO(items), f"page {number} of the {resource}"


def read_namespaces(options: Sequence[str]) -> dict[str, dict[str, str]] | None:
    """Return the labels of the namespaces of a cluster, by name; None if they may not be listed.

    :raises InventoryError: as :func:`list_pages`.
    """
    found: dict[str, dict[str, str]] = {}
    try:
        for stream, _ in list_pages("Namespace", options):
            for each in msgspec.json.decode(stream.read(), type=list[_Namespace]):
                found[each.metadata.name] = each.metadata.labels
    except InventoryError as error:
        if error.code != "kubectl-forbidden":
            raise
        return None
    return found


def _hint(message: str, resource: str, options: Sequence[str]) -> Fix:
    """Return what to do about the message of an error: a command for its cause, if known."""
    causes = ((arguments, words) for text, arguments, words in _CAUSES if text.search(message))
    arguments, words = next(causes, ("get {}", "try again, or see whether kubectl can list them"))
    is_about_pods = resource == "pods" and "{}" in arguments
    rest = arguments.format(resource).split() + ["-A"] * is_about_pods
    return Fix.write(printable(shlex.join(["kubectl", *options, *rest])), words)


def _run(arguments: Sequence[str], expected: str) -> bytes:
    """Run kubectl and return its output; raise OSError if it cannot be run, or fails.

    :param expected: what it writes, to show for what the command waits.
    """
    output = None
    with (
        progress() as show,
        subprocess.Popen(  # noqa: S603 - there is no shell
            ["kubectl", *arguments],  # noqa: S607 - the user chooses it by PATH
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as process,
    ):  # fmt: skip
        try:
            while output is None:
                show(f"waiting for {expected}")
                with suppress(subprocess.TimeoutExpired):
                    output, errors = process.communicate(timeout=_SHOWN_EVERY)
        finally:
            process.kill()
    if process.returncode:
        last = errors.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise OSError(process.returncode, quoted(last.strip(), 300))
    return output
