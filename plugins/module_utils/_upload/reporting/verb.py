# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run does with files, as its messages say it. Private to the collection."""

from __future__ import annotations

from typing import NamedTuple


class Verb(NamedTuple):
    """`infinitive` is the noun as well (`the upload was stopped`), `participle` what became of the files (`3 files were uploaded`)."""

    infinitive: str
    participle: str

    @property
    def module(self) -> str:
        """The module that does it."""
        return "immich_" + self.infinitive


UPLOAD = Verb("upload", "uploaded")
COPY = Verb("copy", "copied")
ARCHIVE = Verb("archive", "archived")
