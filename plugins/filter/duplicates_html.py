# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter `duplicates_html`: a page of pictures to review duplicates. Its documentation is in duplicates_html.yml."""

from __future__ import annotations

from typing import Any, Callable, Iterable, Mapping

from ansible.errors import AnsibleFilterError


def duplicates_html(report: str | Iterable[Mapping[str, Any]], title: str | None = None, thumbnails: str | None = None) -> str:
    """The page for a report: the path of its file, its text, its parsed lines, or the groups of the module's result.

    :raises AnsibleFilterError: the file or a picture cannot be read, or this is not a report.
    """
    # Here, because Ansible loads all filters of a collection to find one of them.
    from ansible_collections.photoyard.immich.plugins.plugin_utils._report import duplicates

    try:
        return duplicates.render(report, title, thumbnails)
    except OSError as exc:
        raise AnsibleFilterError(f"{exc.filename or report} cannot be read: {exc.strerror or exc}.") from exc
    except (AttributeError, LookupError, OverflowError, TypeError, ValueError) as exc:
        raise AnsibleFilterError(f"This is not a report of photoyard.immich.immich_duplicates: {exc}.") from exc


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"duplicates_html": duplicates_html}
