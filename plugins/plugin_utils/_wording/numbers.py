# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Numbers as people read them: counts, sizes, times; and what is done with files."""

from __future__ import annotations

from collections.abc import Sequence

PARTICIPLES = {"upload": "uploaded", "copy": "copied"}
"""What was done with files, by the verb, which is also what the run is called and how its module's name ends."""

_SHOWN = 3  # names
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def count(number: int, singular: str = "", plural: str = "") -> str:
    """A number with thousands apart and, when given, its noun: `count(1, "file")` is "1 file", `count(2000, "file")` "2,000 files"."""
    noun = singular if number == 1 else plural or (singular + "s" if singular else "")
    return f"{number:,} {noun}".rstrip()


def not_there(paths: int) -> str:
    """Of what `src` names and is missing: "1 path is not there"."""
    return f"{count(paths, 'path')} {'is' if paths == 1 else 'are'} not there"


def some_of(names: Sequence[str], number: int) -> str:
    """The first names of so many: "a", "a and b", "a, b, c and 24 more"."""
    shown = list(names[:_SHOWN])
    if number > len(shown):
        shown.append(f"{count(number - len(shown))} more")
    return " and ".join(part for part in (", ".join(shown[:-1]), *shown[-1:]) if part)


def size(number: float) -> str:
    """Bytes in decimal units, three digits at most: "0 B", "204 kB", "9.8 GB"."""
    unit = _unit(number)
    return f"{_in_unit(number, unit)} {_UNITS[unit]}"


def part_of_size(part: float, whole: float) -> str:
    """Two sizes in one unit: "3.1 of 9.8 GB"."""
    unit = _unit(whole)
    return f"{_in_unit(part, unit)} of {_in_unit(whole, unit)} {_UNITS[unit]}"


def speed(bytes_per_second: float) -> str:
    """ "24 MB/s"."""
    return size(bytes_per_second) + "/s"


def duration(seconds: float) -> str:
    """A time span in its two largest units at most: "0.4 s", "40 s", "12 min 4 s", "2 h 10 min", "3 d 2 h"."""
    if seconds < 9.95:
        return f"{max(seconds, 0):.1f} s".replace(".0 s", " s")
    whole = round(seconds)
    for name, length, below, next_length in (("d", 86400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1)):
        if whole >= length:
            rest = whole % length // next_length
            return f"{whole // length} {name}" + (f" {rest} {below}" if rest else "")
    return f"{whole} s"


def rough_duration(seconds: float) -> str:
    """A time span that is an estimate, so in round numbers: "5 s", "30 s", "4 min", "2 h 10 min"."""
    if seconds < 57.5:
        return f"{max(5, 5 * round(seconds / 5))} s"
    if seconds < 3570:
        return f"{round(seconds / 60)} min"
    return duration(600 * round(seconds / 600))


def _unit(number: float) -> int:
    """Which unit leaves fewer than four digits, once rounded."""
    unit = 0
    while unit < len(_UNITS) - 1 and number >= 999.5:
        number /= 1000
        unit += 1
    return unit


def _in_unit(number: float, unit: int) -> str:
    scaled = number / 1000**unit
    return f"{scaled:.1f}" if unit and 0 < scaled < 9.95 else f"{scaled:.0f}"
