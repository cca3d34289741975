# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter `report_html`: a run's report as a web page. Its documentation is in report_html.yml."""

from __future__ import annotations

from typing import Any, Callable, Iterable, Mapping

from ansible.errors import AnsibleFilterError


def report_html(report: str | Iterable[Mapping[str, Any]], title: str | None = None) -> str:
    """The page for a report: the path of its file, its text, or its parsed lines.

    :raises AnsibleFilterError: the file cannot be read, or this is not a report.
    """
    # Here, because Ansible loads all filters of a collection to find one of them.
    from ansible_collections.photoyard.immich.plugins.plugin_utils._report import figures, lines, page

    try:
        return page.render(figures.collect(lines.read(report)), title)
    except OSError as exc:
        raise AnsibleFilterError(f"The report {report} cannot be read: {exc.strerror or exc}.") from None
    except (AttributeError, OverflowError, TypeError, ValueError) as exc:
        raise AnsibleFilterError(
            f"This is not a report of photoyard.immich.immich_upload, immich_copy or immich_archive: {exc}."
        ) from None  # else Ansible says it twice


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"report_html": report_html}
