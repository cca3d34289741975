# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a source tells of what it does not yield. Private to the collection."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Optional

from .._client import errors


class Listener(ABC):
    """Hears of it as it comes up. Safe to use from all threads."""

    @abstractmethod
    def skipped(self, path: str, kind: str, reason: str) -> None:
        """A file is not taken. `kind` is what it is counted as (an extension, or a word such as `trashed`), `reason` a sentence."""

    @abstractmethod
    def unreadable(self, path: str, error: errors.ImmichError, *, size: Optional[int] = None) -> None:
        """A file, folder or archive cannot be read, in whole or in part. It counts as failed. `size` is in bytes, if it is known."""

    @abstractmethod
    def warn(self, text: str) -> None:
        """Something a person should know that is not a failure."""
