"""``nodeselect completion``, and how bash, zsh and fish get what TAB offers."""

import os
from typing import Any

import click
from click.shell_completion import (
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    split_arg_string,
)

from nodeselect.cli.command import Command
from nodeselect.cli.streams import write_output

# $2 is what bash replaces: what follows the last of COMP_WORDBREAKS, such as "=", in the word.
_BASH = """\
# Completion of %(prog_name)s in bash, 4.4 or newer.

%(complete_func)s() {
    local kind value
    COMPREPLY=()
    while IFS=, read -r kind value; do
        case $kind in
            file) compopt -o default ;; # file names, since there is nothing in COMPREPLY
            plain) COMPREPLY+=("$value") ;;
        esac
    done < <(COMP_WORDS="${COMP_LINE:0:COMP_POINT}" COMP_CWORD="$2" %(complete_var)s=bash_complete \
"$1" 2> /dev/null)
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class _SafeComplete(ShellComplete):
    """Completion that offers nothing after an exception."""

    def complete(self) -> str:
        """Return the text that the completion script of the shell reads."""
        try:
            args, incomplete = self.get_completion_args()
            items = self.get_completions(args, incomplete)
        except Exception:
            return ""
        option, equals, _ = incomplete.partition("=")
        if equals and option.startswith("-"):  # the shell replaces the whole word
            for item in items:
                item.value = f"{option}={item.value}"
        return "\n".join(map(self.format_completion, items))


class _Bash(_SafeComplete):
    name = "bash"
    source_template = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor, and the part of the last word up to the cursor."""
        # The letter X begins a word after a blank, and belongs to the last word otherwise.
        _, *words, last = split_arg_string(os.environ["COMP_WORDS"] + "X")
        self._typed = last[:-1]
        return words, self._typed

    # With click 8.2.0, CompletionItem[Any] raises TypeError outside quotes.
    def format_completion(self, item: "CompletionItem[Any]") -> str:
        """Return ``TYPE,TEXT``, or nothing after escapes; bash replaces the end of the word."""
        replaced = os.environ["COMP_CWORD"]
        if item.type == "plain" and not self._typed.endswith(replaced):
            return ""
        start = len(self._typed) - len(replaced)
        return f"{item.type},{item.value[start:]}"


class _Zsh(_SafeComplete, ZshComplete):
    pass


class _Fish(_SafeComplete, FishComplete):
    # The candidates for a selector have commas.
    source_template = FishComplete.source_template.replace('split "', 'split -m 1 "')

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the last one, and that; click 8.2.0 keeps an open quote."""
        _, *words = split_arg_string(os.environ["COMP_WORDS"])
        incomplete = "".join(split_arg_string(os.environ["COMP_CWORD"]))
        if incomplete and words[-1:] == [incomplete]:
            words.pop()
        return words, incomplete


SHELLS = {"bash": _Bash, "zsh": _Zsh, "fish": _Fish}


@click.command(
    cls=Command,
    examples=[
        'eval "$(nodeselect completion bash)"     # in ~/.bashrc',
        'eval "$(nodeselect completion zsh)"      # in ~/.zshrc, after compinit',
        "nodeselect completion fish > ~/.config/fish/completions/nodeselect.fish",
    ],
)
@click.argument("shell", type=click.Choice(list(SHELLS)))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script for completion in bash, zsh or fish.

    TAB completes commands, options, files, and, from the nodes, label keys, values, states and ids.
    """
    script = SHELLS[shell](context.command, {}, "nodeselect", "_NODESELECT_COMPLETE").source()
    write_output([script.strip()])
