# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tries to make the readers of what others wrote crash, hang, or take up memory: `python -m fuzz`, and `make fuzz`.

A reader is a function in `readers.py`; its examples are in `seeds.py`. `mutations.py` changes them, `bounds.py` says what they may cost. An
input that was found is kept in `finds`, in a folder that is named after its reader, and is tried in each run of the tests from then on.
"""
