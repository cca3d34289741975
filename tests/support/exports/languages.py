# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words that Google Takeout puts into names, by language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """Those of one language. `year` is the year folder's since autumn 2025; before, and in an album's JSON, all were English."""

    root: str
    year: str
    trash: str
    archive: str
    locked: str
    untitled: str
    album_json: str
    edited: str
    failed: str = "Failed Videos"
    memory: str = "1 year ago"


LANGUAGES = {
    "en": Words("Google Photos", "Photos from {}", "Trash", "Archive", "Locked folder", "Untitled", "metadata.json", "-edited"),
    "de": Words("Google Fotos", "Fotos von {}", "Papierkorb", "Archiv", "Gesperrter Ordner", "Unbenannt", "Metadaten.json", "-bearbeitet"),
    "fr": Words(
        "Google Photos", "Photos de {}", "Corbeille", "Archive", "Dossier verrouillé", "Sans titre", "métadonnées.json", "-modifié"
    ),
    "es": Words("Google Fotos", "Fotos de {}", "Papelera", "Archivo", "Carpeta privada", "Sin título", "metadatos.json", "-ha editado"),
    "it": Words(
        "Google Foto",
        "Foto da {}",
        "Cestino",
        "Archivio",
        "Cartella bloccata",
        "Senza titolo",
        "metadati.json",
        "-modificato",
        memory="1 anno fa",
    ),
    "nl": Words(
        "Google Foto_s",
        "Foto_s van {}",
        "Prullenbak",
        "Archief",
        "Vergrendelde map",
        "Naamloos",
        "metagegevens.json",
        "-bewerkt",
        memory="dinsdag Uitgelicht",
    ),
    "tr": Words(
        "Google Fotoğraflar",
        "{} yılına ait fotoğraflar",
        "Çöp Kutusu",
        "Arşiv",
        "Kilitli Klasör",
        "Adsız",
        "meta veriler.json",
        "-düzenlendi",
    ),
    "ja": Words(
        "Google フォト",
        "{} 年の写真",
        "ゴミ箱",
        "アーカイブ",
        "ロックされたフォルダ",
        "無題",
        "メタデータ.json",
        "-編集済み",
    ),
}
"""Seen in real exports but for: the locked folder except in English and Spanish; Turkish trash, archive and album JSON; the Japanese year
folder and album JSON. Nothing may depend on any of these words, so that a guess is as good as another."""
