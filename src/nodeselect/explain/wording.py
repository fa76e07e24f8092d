"""What is said of the states of nodes where none is in one that was asked for."""

from collections.abc import Mapping

from nodeselect.text import printable

__all__ = ["none_in_state", "states_there_are", "states_told"]

_TOLD = 5


def none_in_state(states: Mapping[str | None, int]) -> str:
    """Say that no node is in a state that was asked for, and what there is instead.

    :param states: how many nodes are in each; None is the state of those that tell none.
    """
    such = "no node is in such a state; " if any(states) else ""
    return f"{such}{states_there_are(states)}"


def states_there_are(states: Mapping[str | None, int]) -> str:
    """Say which states there are, if any."""
    if not any(states):
        return "no node has a state"
    return f"the states that there are: {states_told(states)}"


def states_told(states: Mapping[str | None, int]) -> str:
    """Tell the most frequent states, each with its number of nodes."""
    ranked = sorted(states.items(), key=lambda each: -each[1])
    return ", ".join(f"{printable(state or 'none')} ({n:,})" for state, n in ranked[:_TOLD])
