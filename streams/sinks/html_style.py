"""The style of the HTML report, for the screen and for paper. Layer: streams."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --act: #b3261e; --review: #8a5a00; }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 0 auto; padding: 1.5rem; overflow-wrap: anywhere; }
h1 { margin: 0; font-size: 1.6rem; }
h2 { margin: 0; font-size: 1.15rem; display: flex; gap: .6rem; align-items: baseline; }
h3 { margin: 1.1rem 0 .3rem; font-size: .95rem; }
.total { font-size: 1.15rem; font-weight: 600; margin: .3rem 0 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 0 0 1rem; }
dt { opacity: .7; }
dd { margin: 0; }
section { border: 1px solid var(--line); border-left: 6px solid var(--review); border-radius: 6px; padding: 1rem 1.2rem;
  margin: 1.5rem 0; }
section.act { border-left-color: var(--act); }
.badge { color: #fff; background: var(--review); border-radius: 4px; padding: 0 .5rem; font-size: .8rem; font-weight: 700;
  text-transform: uppercase; white-space: nowrap; }
.badge.act { background: var(--act); }
.when, .small { opacity: .75; margin: .3rem 0; }
.small { font-size: .8rem; margin-top: 1rem; }
.advice { font-weight: 600; margin: 0; }
ul { margin: 0; padding-left: 1.2rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .85rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .5rem; border-bottom: 1px solid var(--line); }
thead { background: var(--soft); }
td { min-width: 5rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.id { font: .75rem ui-monospace, monospace; }
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  section { break-inside: avoid-page; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
  .wide { overflow: visible; }
  a { color: inherit; text-decoration: none; }
  .badge { border: 1px solid; color: inherit; background: none; }
}
"""
