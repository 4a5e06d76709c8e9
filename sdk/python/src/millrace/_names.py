"""The names of enum values, without the prefix of the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from millrace._pool import EnumNames


def name_of(names: EnumNames, prefix: str, number: int) -> str:
    """Returns RUNNING for JOB_STATE_RUNNING. A number that only a newer Millrace knows is STATE_ and the number."""
    try:
        return names.Name(number).removeprefix(prefix)
    except ValueError:
        return f"{prefix.rstrip('_').rsplit('_', 1)[-1]}_{number}"
