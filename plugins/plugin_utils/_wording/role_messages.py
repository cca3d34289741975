# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The messages of a module in a role, with the role's variables in place of the module's options."""

from __future__ import annotations

import re
from typing import Any, Iterable

from .. import _role_variables as role_variables

ROLES = ("immich_upload", "immich_copy", "immich_archive")
# Messages name their variables themselves, because a pause takes another key than an upload.
_NAMED_ALREADY = ("api_key", "api_key_file", "admin_api_key", "admin_api_key_file")


def translate(role: str, result: dict[str, Any], paths: Iterable[str]) -> dict[str, Any]:
    """The result with the role's variables in its messages. What stands in `paths`, in quotes or in a path stays as it is."""
    options = _variables(role)
    failures = result.get("failures") or []
    known = {path for path in (*paths, *(one["path"] for one in failures if "path" in one)) if path}
    pattern = _pattern(options, known)

    def translated(text: Any) -> Any:
        if isinstance(text, str):
            return pattern.sub(lambda found: options[found[0]] if found.lastgroup else found[0], text)
        return text  # a warning of ansible-core 2.19 and later is not a text

    done = {**result, "failures": [{**one, "msg": translated(one.get("msg"))} for one in failures]} if failures else dict(result)
    if "warnings" in result:
        done["warnings"] = [translated(one) for one in result["warnings"]]
    if "msg" in result:
        done["msg"] = translated(result["msg"])
        if done["msg"] != result["msg"]:
            done.pop("exception", None)  # in which ansible-core 2.19 and later keep the message as it was, and print it too
    return done


def _variables(role: str) -> dict[str, str]:
    """The variables by option."""
    names = role_variables.options(role, "main")
    found = {name.removeprefix("immich_"): name for name in names}
    found |= {name.removeprefix(role + "_"): name for name in names if name.startswith(role + "_")}
    return {option: name for option, name in found.items() if option not in _NAMED_ALREADY}


def _pattern(options: Iterable[str], known: Iterable[str]) -> re.Pattern[str]:
    """Finds the options, and before them what must stay: the first alternative that fits wins.

    A name that is an English word is an option only where a message says what to do with it, or what it must be.
    """
    whole = sorted(map(re.escape, known), key=len, reverse=True)
    quoted = [r"(?<!\w)'[^']*'(?!\w)", r'"[^"]*"']
    path = [r"\S*[/\\](?:(?:(?!: |\. ).)*[/\\])?\S*"]  # up to the last slash before the next colon or full stop: folders may have blanks
    plain = "|".join(sorted(one for one in options if one == "src" or "_" in one))
    plain_words = "|".join(sorted(one for one in options if one != "src" and "_" not in one))
    option = [
        rf"(?<![\w./-])(?P<plain>{plain})(?![\w/-]|\.\w)",
        rf"(?:(?<=[Rr]aise )|(?<=[Ll]ower )|(?<=Check ))(?P<changed>{plain_words})(?![\w/-])",
        rf"(?:(?<=[Tt]he option )|(?<=set )(?=\w+: ))(?P<named>{plain_words})(?![\w/-])",
        rf"(?<![\w./-])(?P<required>{plain_words})(?= must be | cannot be )",
    ]
    return re.compile("|".join([*whole, *quoted, *path, *option]))
