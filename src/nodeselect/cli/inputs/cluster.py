"""The nodes and pods of a Kubernetes cluster, as the program ``kubectl`` lists them.

This is the only module of nodeselect that runs another program; it opens no connection itself.
"""

import shlex
import subprocess
from collections.abc import Generator, Sequence
from io import BytesIO
from typing import BinaryIO
from urllib.parse import quote

import msgspec

from nodeselect.errors import InventoryError
from nodeselect.files.inputs import reason_of
from nodeselect.problem import Fix
from nodeselect.text import printable, quoted


class _Metadata(msgspec.Struct):
    remaining: int | None = msgspec.field(default=None, name="remainingItemCount")
    token: str | None = msgspec.field(default=None, name="continue")


class _Page(msgspec.Struct):
    """One page of a list. The objects on it are decoded when they are read."""

    kind: str
    metadata: _Metadata
    items: list[msgspec.Raw] | None


def list_pages(kind: str, options: Sequence[str]) -> Generator[tuple[BinaryIO, str], None, None]:
    """List all objects of a kind: for each page, yield a JSON array of them, and its name.

    All pages together are one moment of the cluster. One page at a time is in memory.

    :raises InventoryError: if kubectl cannot be run or fails, or the list is incomplete.
    """
    resource = f"{kind.lower()}s"
    command = printable(shlex.join(["kubectl", *options, "get", resource, "-A"]))
    hint = Fix.write(command, "try again, or see whether kubectl can list them")
    token, number = "", 0
    while token or not number:
        number += 1
        path = f"/api/v1/{resource}?limit=500" + (f"&continue={quote(token)}" if token else "")
        try:
            page = msgspec.json.decode(_run([*options, "get", "--raw", path]), type=_Page)
            before, token = token, page.metadata.token or ""
            is_lost = token == before if token else bool(page.metadata.remaining)
            if page.kind != f"{kind}List" or is_lost:
                raise ValueError("of another kind, or the next page is unknown")
        except OSError as error:
            message = f"kubectl cannot list the {resource}: {reason_of(error)}"
            raise InventoryError("kubectl-failed", message, hint=hint) from None
        except (msgspec.MsgspecError, ValueError, RecursionError):
            message = f"page {number} of the {resource} that kubectl lists is incomplete"
            raise InventoryError("one-page", message, hint=hint) from None
        items = b"[%s]" % b",\n".join(map(bytes, page.items or ()))
        yield BytesIO(items), f"page {number} of the {resource}"


def _run(arguments: Sequence[str]) -> bytes:
    """Run kubectl and return its output; raise OSError if it cannot be run, or fails."""
    done = subprocess.run(  # noqa: S603 - there is no shell
        ["kubectl", *arguments],  # noqa: S607 - the user chooses it by PATH
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise OSError(done.returncode, quoted(last.strip(), 300))
    return done.stdout
