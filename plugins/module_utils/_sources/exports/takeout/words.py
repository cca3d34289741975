# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The words that Google translates: markers of edited copies, and names of folders. Private to the collection."""

from __future__ import annotations

import unicodedata
from typing import FrozenSet

from ...naming import edited


def _folded(words: str) -> FrozenSet[str]:
    return frozenset(unicodedata.normalize("NFC", word).casefold() for word in words.split("|"))


EDITED = _folded("|".join("-" + mark for mark in edited.MARKS))
"""What the name of an edited copy ends in, folded. Each begins with its only hyphen."""

EDITED_IN_PART = frozenset(marker[:length] for marker in EDITED for length in range(1, len(marker)))
"""What is left of a marker when the name was cut, down to the hyphen."""

CREATIONS = frozenset(["EFFECTS", "SMILE", "MIX", "MOTION", "ANIMATION", "COLLAGE", "MOVIE", "PANO", "ERASER", "SNOW"])
"""What stands behind the hyphen in the names of pictures that Google made of others: in English and in capitals, whatever the language."""

TRASH = _folded(
    "Trash|Bin|Papierkorb|Corbeille|Papelera|Cestino|Prullenbak|Lixeira|Kosz|Paperera|Корзина|回收站|垃圾桶|ゴミ箱|휴지통|Papperskorg"
)
ARCHIVE = _folded("Archive|Archiv|Archivo|Archivio|Archief|Arquivo|Archiwum|Arxiu|Архив|アーカイブ|档案|归档文件")
LOCKED = _folded(
    "Locked folder|Gesperrter Ordner|Dossier verrouillé|Carpeta privada|Carpeta bloqueada|Cartella bloccata|Pasta trancada|Vergrendelde map"
    "|ロックされたフォルダ|잠금 폴더"
)
"""These are a second opinion, for pictures without a JSON file: what a JSON file says of its picture is the same in all languages."""

YEARS = _folded("Photos from #|Photos de #|Fotos de #|Fotos del #|Fotos von #|Foto da #|Foto_s van #|# yılına ait fotoğraflar")
"""Titles of the folders of a year, `#` for the year: told from albums by them only where such a folder has an album's JSON file."""
