# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mutation tests: `make mutants`.

Why not one of the usual tools: the map of which tests reach a line makes this possible at all, since a run of all tests takes half an hour.

- cosmic-ray 8 runs one test command for every mutant; its filters leave mutants out, and choose no tests.
- mutmut 3 has a map, of functions: it counts calls in the one process that runs pytest, of functions that it has wrapped. It does not see
  the modules and guards that tests start as processes, and has no mutants outside functions, such as in tables of constants.

Here coverage.py makes the map, by lines and with all processes that it can follow.
"""
