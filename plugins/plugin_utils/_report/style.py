# SPDX-FileCopyrightText: 2026 selfhosted.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the page looks: light or dark as the reader's system is, wide or narrow as the window is, and on paper."""

from __future__ import annotations

CSS = """
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --card: #ffffff; --ink: #1b2330; --quiet: #5a6576; --rule: #e2e6eb;
  --new: #2b6be4; --there: #b4becb; --trashed: #8c7fb8; --skipped: #d39b2f; --failed: #c9343a; --failed-wash: #fdf0f0; --good: #1d7f4e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #10141a; --card: #181e26; --ink: #e7ebf1; --quiet: #98a4b4; --rule: #2b333e;
    --new: #6d9dff; --there: #536072; --trashed: #857ab0; --skipped: #c9973a; --failed: #ff7376; --failed-wash: #2a1b1f; --good: #58c08c;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; padding: 2rem 1.25rem 3rem; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
main { max-width: 62rem; margin: 0 auto; display: grid; gap: 1.25rem; }
header p { margin: .25rem 0 0; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 0; }
section { background: var(--card); border: 1px solid var(--rule); border-radius: .75rem; padding: 1.1rem 1.25rem 1.25rem; min-width: 0; }
section > p { margin: .1rem 0 0; }
.quiet, section > p { color: var(--quiet); font-size: .9rem; }
.verdict { font-size: 1.1rem; }
.verdict a { color: var(--failed); font-weight: 600; }
.verdict.good::before { content: "✓ "; color: var(--good); font-weight: 700; }
.verdict.bad::before { content: "✗ "; color: var(--failed); font-weight: 700; }
.tiles { display: flex; flex-wrap: wrap; gap: .75rem; margin: 0; }
.tiles div {
  flex: 1 1 auto; min-width: 7rem;
  background: var(--card); border: 1px solid var(--rule); border-top: 3px solid var(--mark, var(--rule));
  border-radius: .75rem; padding: .65rem .85rem .75rem;
}
.tiles dt { color: var(--quiet); font-size: .85rem; }
.tiles dd { margin: 0; font-size: 1.4rem; font-weight: 650; line-height: 1.3; white-space: nowrap; font-variant-numeric: tabular-nums; }
.tiles small { display: block; white-space: normal; color: var(--quiet); font-size: .82rem; font-weight: 400; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: 1.25rem; align-items: start; }
.new { --mark: var(--new); } .there { --mark: var(--there); } .trashed { --mark: var(--trashed); }
.skipped { --mark: var(--skipped); } .failed { --mark: var(--failed); }
svg { display: block; width: 100%; }
h2 + svg { height: 1.75rem; margin-top: .75rem; border-radius: .3rem; }
.plot + h2 { margin-top: 1.25rem; }
svg rect { fill: var(--mark, var(--new)); shape-rendering: crispEdges; }
svg .hit { fill: transparent; } svg .hit:hover { fill: var(--ink); fill-opacity: .12; }
svg line { stroke: var(--rule); stroke-width: 1; vector-effect: non-scaling-stroke; }
.key { display: flex; flex-wrap: wrap; gap: .35rem 1.25rem; list-style: none; margin: .75rem 0 0; padding: 0; font-size: .9rem; }
.key li::before {
  content: ""; display: inline-block; width: .75em; height: .75em; margin-right: .45em; border-radius: .2em; background: var(--mark);
}
.plot { display: grid; grid-template-columns: auto 1fr; gap: .25rem .6rem; margin-top: .9rem; font-size: .8rem; color: var(--quiet); }
.plot .y { position: relative; height: 9rem; min-width: 4.2rem; text-align: right; font-variant-numeric: tabular-nums; }
.plot .y span { position: absolute; right: 0; transform: translateY(-50%); white-space: nowrap; }
.plot svg { height: 9rem; }
.plot .x { grid-column: 2; position: relative; height: 1.3em; font-variant-numeric: tabular-nums; }
.plot .x span { position: absolute; transform: translateX(-50%); white-space: nowrap; }
.plot .x span:first-child { transform: none; }
.plot .x span:last-child { transform: translateX(-100%); }
.scroll { overflow-x: auto; margin-top: .75rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th { text-align: left; font-weight: 600; color: var(--quiet); font-size: .82rem; }
th, td { padding: .4rem .6rem .4rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
td.number, th.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.path { overflow-wrap: break-word; min-width: 11rem; }
td.path span { color: var(--quiet); }
td.bar { width: 30%; min-width: 6rem; padding-top: .8rem; }
td.bar svg { height: .65rem; }
.alarm { border-color: var(--failed); background: var(--failed-wash); }
.alarm td, .alarm th { border-color: color-mix(in srgb, var(--failed) 25%, transparent); }
.kind { white-space: nowrap; color: var(--failed); font-weight: 600; }
footer { color: var(--quiet); font-size: .82rem; }
@media (max-width: 40rem) {
  body { padding: 1.25rem .75rem 2rem; }
  h1 { font-size: 1.35rem; }
  section { padding: .9rem; }
  .bar { display: none; }
}
@media print { body { background: none; padding: 0; } section, .tiles div { break-inside: avoid; } }
"""
