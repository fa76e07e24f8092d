"""The nodes and pods of a Kubernetes cluster, as the program ``kubectl`` lists them.

This is the only module of nodeselect that runs another program; it opens no connection itself.
"""

import re
import shlex
import subprocess
from collections.abc import Generator
from io import BytesIO
from typing import BinaryIO, Literal, NamedTuple
from urllib.parse import quote

import msgspec

from nodeselect.errors import InventoryError
from nodeselect.files.inputs import reason_of
from nodeselect.problem import Fix
from nodeselect.text import printable, quoted

# As many objects are requested at once, as kubectl itself does.
_PAGE_SIZE = 500

_KINDS = {"nodes": "NodeList", "pods": "PodList"}

# The reason in "Error from server (REASON): …", which kubectl prints for an answer of the server.
_REASON = r"Error from server \((\w+)\):"


class _Metadata(msgspec.Struct):
    remaining: int | None = msgspec.field(default=None, name="remainingItemCount")
    token: str | None = msgspec.field(default=None, name="continue")


class _Page(msgspec.Struct):
    """One page of a list. The objects on it are decoded when they are read."""

    kind: str
    metadata: _Metadata
    items: list[msgspec.Raw] | None


class Cluster(NamedTuple):
    """The cluster that kubectl uses with these options, such as ``--context=prod``."""

    options: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the cluster in messages."""
        return " ".join(["the cluster", *map(printable, self.options)])

    def pages(
        self, resource: Literal["nodes", "pods"]
    ) -> Generator[tuple[BinaryIO, str], None, None]:
        """List all nodes or pods: for each page, yield a JSON array of them, and its name.

        All pages together are one moment of the cluster. One page at a time is in memory.

        :raises InventoryError: if kubectl cannot be run or fails, or the list is incomplete.
        """
        path = f"/api/v1/{resource}?limit={_PAGE_SIZE}"
        token, number = "", 0
        while token or not number:
            number += 1
            page = self._page(resource, f"{path}&continue={quote(token)}" if token else path)
            before, token = token, page.metadata.token or ""
            if page.metadata.remaining if not token else token == before:
                message = f"the list of {resource} is incomplete: no page follows page {number}"
                hint = "run the command again"
                raise InventoryError("one-page", message, hint=hint)
            items = b"[%s]" % b",\n".join(map(bytes, page.items or ()))
            yield BytesIO(items), f"page {number} of the {resource}"

    def _page(self, resource: Literal["nodes", "pods"], path: str) -> _Page:
        command = ["kubectl", *self.options, "get", "--raw", path]
        try:
            done = subprocess.run(  # noqa: S603 - no shell is involved
                command, stdin=subprocess.DEVNULL, capture_output=True, check=False
            )
        except (OSError, ValueError) as error:  # a ValueError for NUL in an option
            message, hint = f"cannot run kubectl: {reason_of(error)}", "is it installed?"
            raise InventoryError("kubectl-failed", message, hint=hint) from None
        shown = printable(shlex.join(["kubectl", *self.options, "get", resource, "-A"]))
        see = Fix.write(shown, "see whether kubectl can list them")
        if done.returncode:
            raise _failure(resource, done.stderr.decode("utf-8", "replace"), see)
        try:
            page = msgspec.json.decode(done.stdout, type=_Page)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            page = None
        if page is None or page.kind != _KINDS[resource]:
            message = f"what kubectl printed is not a complete {_KINDS[resource]}"
            raise InventoryError("not-a-list", message, hint=see)
        return page


def _failure(resource: str, text: str, see: Fix) -> InventoryError:
    """Return the error for what kubectl printed on standard error; its last line is the reason."""
    last = text.strip().rpartition("\n")[2].strip()
    code, hint = "kubectl-failed", see
    match re.findall(_REASON, last):
        case ["Forbidden"]:
            words = f"ask for the right to list {resource} in the whole cluster"
            code, hint = "forbidden", Fix(words)
        case ["Expired" | "Gone"]:
            code, hint = "list-expired", Fix("the cluster has changed: run the command again")
    message = f"kubectl cannot list the {resource}: {quoted(last, 300)}"
    return InventoryError(code, message, hint=hint)
