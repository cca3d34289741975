# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The drawings of the steps of a backup and of an upgrade: boxes from top to bottom, and beside them whether background jobs run.

They are 400 units wide, and their smallest text has 13: it can be read on a telephone.
"""

from __future__ import annotations

from html import escape
from typing import NamedTuple

WIDTH, TOP, HEIGHT, GAP, LEFT = 400, 46, 52, 18, 66
FONT = "Lato, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
HEAD = """<!--
SPDX-FileCopyrightText: 2026 photoyard.immich contributors
SPDX-License-Identifier: GPL-3.0-or-later
-->
"""

IMMICH, HOST, PAUSE, YOURS = "immich", "host", "pause", "yours"
COLOURS = {IMMICH: ("#dbeafe", "#2563eb"), HOST: ("#ffffff", "#94a3b8"), PAUSE: ("#fef3c7", "#b45309"), YOURS: ("#f3e8ff", "#7e22ce")}
LEGEND = {IMMICH: "Immich", HOST: "the host", PAUSE: "the pause", YOURS: "yours"}


class Box(NamedTuple):
    """A step: who does it, its name, and what it is in a few words."""

    who: str
    name: str
    words: str


DRAWINGS: dict[str, tuple[str, list[Box]]] = {
    "backup_steps.svg": (
        "The steps of a backup",
        [
            Box(HOST, "Look", "is a young backup there, with its manifest?"),
            Box(PAUSE, "Pause background jobs", "under a lease that says whose pause it is"),
            Box(HOST, "Count", "photos, videos and bytes of each user"),
            Box(IMMICH, "Back up the database", "then count again"),
            Box(HOST, "Write the manifest", "what the backup has to hold"),
            Box(HOST, "Fetch", "read to its end, then renamed"),
            Box(YOURS, "Your tasks", "restic, borg: the files"),
            Box(PAUSE, "Resume", "exactly what was paused"),
            Box(HOST, "Prove", "restore it into a scratch database, compare"),
            Box(HOST, "Delete old backups", "only after all of this"),
        ],
    ),
    "upgrade_steps.svg": (
        "The steps of an upgrade",
        [
            Box(HOST, "Check", "versions, the way, free disk, empty queues"),
            Box(PAUSE, "Pause background jobs", "under a lease that says whose pause it is"),
            Box(HOST, "Back up and prove", "made, fetched, restored, compared"),
            Box(HOST, "Check the extension", "the dump says which one the database has"),
            Box(HOST, "Write down what there is", "so that the next run can go on from here"),
            Box(YOURS, "Your tasks", "compose, a package, a snapshot"),
            Box(IMMICH, "Migrate", "the role waits until the new version answers"),
            Box(HOST, "Compare", "counts; originals and thumbnails read back"),
            Box(PAUSE, "Resume", "exactly what was paused"),
        ],
    ),
}


def draw(title: str, boxes: list[Box]) -> str:
    """A drawing as SVG."""
    step = HEIGHT + GAP
    bottom = TOP + len(boxes) * step - GAP
    middle = (LEFT + WIDTH - 14) // 2
    pauses = [TOP + number * step + HEIGHT // 2 for number, box in enumerate(boxes) if box.who == PAUSE]
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + 60}" font-family="{FONT}" font-size="15" fill="#1f2937">',
        f"  <title>{escape(title)}</title>",
        f'  <rect x="1" y="1" width="{WIDTH - 2}" height="{bottom + 58}" rx="12" fill="#f6f8fb" stroke="#c3ccd8"/>',
        '  <text x="14" y="28" font-size="13" fill="#475569">background jobs</text>',
        *_bar(pauses, bottom),
    ]
    for number, box in enumerate(boxes):
        top = TOP + number * step
        fill, stroke = COLOURS[box.who]
        if number:
            lines.append(f'  <path d="M{middle} {top - GAP}V{top - 3}m-4 -5l4 5l4 -5" fill="none" stroke="#64748b" stroke-width="1.8"/>')
        lines += [
            f'  <rect x="{LEFT}" y="{top}" width="{WIDTH - LEFT - 14}" height="{HEIGHT}" rx="8" fill="{fill}" stroke="{stroke}"/>',
            f'  <text x="{middle}" y="{top + 22}" text-anchor="middle" font-weight="600">{escape(box.name)}</text>',
            f'  <text x="{middle}" y="{top + 41}" text-anchor="middle" font-size="13">{escape(box.words)}</text>',
        ]
    return HEAD + "\n".join([*lines, *_legend(bottom + 22), "</svg>"]) + "\n"


def _bar(pauses: list[int], bottom: int) -> list[str]:
    """Whether background jobs run: from the first to the last of the pause's boxes they do not."""
    first, last = pauses
    parts = [
        (TOP, first, "#15803d", "run", "#ffffff"),
        (first, last, "#fde68a", "paused", "#78350f"),
        (last, bottom, "#15803d", "run", "#ffffff"),
    ]
    found = []
    for top, end, colour, word, ink in parts:
        middle = (top + end) // 2
        found.append(f'  <rect x="20" y="{top}" width="24" height="{end - top}" rx="4" fill="{colour}"/>')
        turned = f'transform="rotate(-90 36 {middle})" text-anchor="middle"'
        found.append(f'  <text x="36" y="{middle}" {turned} font-size="13" fill="{ink}">{word}</text>')
    return found


def _legend(top: int) -> list[str]:
    found = []
    for number, (who, word) in enumerate(LEGEND.items()):
        fill, stroke = COLOURS[who]
        left = 20 + number * 94
        found.append(f'  <rect x="{left}" y="{top}" width="14" height="14" rx="3" fill="{fill}" stroke="{stroke}"/>')
        found.append(f'  <text x="{left + 20}" y="{top + 12}" font-size="13">{word}</text>')
    return found
