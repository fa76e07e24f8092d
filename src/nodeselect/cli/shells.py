"""What the scripts of the shells ask, and the answers in a form that each shell can insert.

A script calls the command with ``_NODESELECT_COMPLETE=SHELL_complete``, and the words of the
command line as arguments. The answer has a line for each candidate::

    word TAB value        to be followed by a blank
    part TAB value        to be continued
    file                  complete the names of files instead

In zsh, a third field is what the list shows. In fish, a line is the value, TAB and a description.
"""

import os
import re
import sys
from collections.abc import Iterator, Sequence

from click.shell_completion import CompletionItem, ShellComplete, add_completion_class

from nodeselect.cli.completers import Words
from nodeselect.text import display_width, printable

SHELLS = ("bash", "zsh", "fish")

# What bash interprets in a word without quotes.
_SPECIAL = re.compile(r"[^\w@%+=:,./-]")

# What bash interprets between double quotes.
_SPECIAL_IN_QUOTES = re.compile(r'[$`"\\]')

# The value of COMP_TYPE, a variable of bash, when it lists candidates and inserts none: "?".
_LISTING = "63"

# In zsh, wider labels do not move the descriptions of all others to the right.
_WIDEST_LABEL = 40


def read_script(shell: str) -> str:
    """Return the script for a shell."""
    folder = os.path.dirname(__file__)
    with open(f"{folder}/scripts/completion.{shell}", encoding="utf-8") as file:
        return file.read()


def register_shells() -> None:
    """Make click use the classes of this module for completion in bash, zsh and fish."""
    for shell in (_Bash, _Zsh, _Fish):
        add_completion_class(shell)


class _Shell(ShellComplete):
    """Completion in one shell."""

    def source(self) -> str:
        """Return the script."""
        return read_script(self.name)

    def complete(self) -> str:
        """Return the text that the script of the shell reads: a line for each candidate.

        It is empty if anything fails, since a shell could not show why.
        """
        try:
            words = self.words(sys.argv[1:])
            self.ctx_args["obj"] = words
            items = self.get_completions(words.before.copy(), words.current)
            if items and items[0].type == "file":
                return "file"
            option, equals, _ = words.current.partition("=")
            if equals and option.startswith("--"):  # the candidates are for what follows
                for item in items:
                    item.value = f"{option}={item.value}"
            return "\n".join(self.lines(items))
        except Exception:
            return ""

    def words(self, arguments: list[str]) -> Words:
        """Return the words of the command line, which the script has passed as arguments."""
        count = int(arguments[0])
        before, rest = arguments[1 : count + 1], arguments[count + 1 :]
        return Words(before, rest[0], rest[1:])

    def lines(self, items: "Sequence[CompletionItem[str]]") -> Iterator[str]:
        """Yield the lines of the answer."""
        raise NotImplementedError


class _Bash(_Shell):
    name = "bash"

    def words(self, arguments: list[str]) -> Words:
        """Split the command line into words; remember which end of the current word bash replaces.

        Bash replaces only what follows the last ``=`` or ``:``.
        """
        line, replaced, rest = arguments
        words, self._quote = split_words(line)
        self._start = len(words[-1]) - len(split_words(self._quote + replaced)[0][-1])
        after, _ = split_words(f"{self._quote}x{rest}")  # the first word ends that at the cursor
        return Words(words[1:-1], words[-1], after[1:])

    def lines(self, items: "Sequence[CompletionItem[str]]") -> Iterator[str]:
        """Yield what replaces the end of the current word, escaped as its open quote requires.

        After a second TAB, when bash only lists the candidates, yield what the list shows.
        """
        is_list = os.environ.get("COMP_TYPE") == _LISTING and len(items) > 1
        for item in items:
            text = self._quoted(item.value[self._start :])
            yield f"{_kind(item)}\t{printable(item.label or text) if is_list else text}"

    def _quoted(self, text: str) -> str:
        match self._quote:
            case "":
                return _SPECIAL.sub(r"\\\g<0>", text)
            case "'":
                return text.replace("'", r"'\''")
            case _:
                return _SPECIAL_IN_QUOTES.sub(r"\\\g<0>", text)


class _Zsh(_Shell):
    name = "zsh"

    def lines(self, items: "Sequence[CompletionItem[str]]") -> Iterator[str]:
        """Yield for each candidate the whole word, and the label and description to list."""
        labels = [printable(item.label or item.value) for item in items]
        width = min(max(map(display_width, labels), default=0), _WIDEST_LABEL)
        for item, label in zip(items, labels, strict=True):
            if item.help:
                label += " " * (width - display_width(label)) + f"  {printable(item.help)}"
            yield f"{_kind(item)}\t{item.value}\t{label}"


class _Fish(_Shell):
    name = "fish"

    def words(self, arguments: list[str]) -> Words:
        """Return the words of the command line; fish passes the current one with its quotes."""
        before, current, every = super().words(arguments)
        return Words(before, split_words(current)[0][-1], every[len(before) + 1 :])

    def lines(self, items: "Sequence[CompletionItem[str]]") -> Iterator[str]:
        """Yield for each candidate the whole word and its description."""
        for item in items:
            yield f"{item.value}\t{printable(item.help or '')}"


def _kind(item: "CompletionItem[str]") -> str:
    return "part" if item.is_part else "word"


def split_words(line: str) -> tuple[list[str], str]:
    """Split the beginning of a command line into words, as a shell does.

    The last word is the one at the cursor; it is empty after a blank. Return also the quote that is
    still open, or an empty text.

    >>> split_words("match -l 'region=eu,ti")
    (['match', '-l', 'region=eu,ti'], "'")
    """
    words, quote = [""], ""
    letters = iter(line)
    for letter in letters:
        if letter == "\\" and quote != "'":
            letter = next(letters, "")
            words[-1] += f"\\{letter}" if quote and letter not in '$`"\\' else letter
        elif letter == quote:
            quote = ""
        elif letter in "'\"" and not quote:
            quote = letter
        elif letter in " \t\n" and not quote:
            if words[-1]:
                words.append("")
        else:
            words[-1] += letter
    return words, quote
