"""Charts, drawn on the server: SVG for pages, PNG for mails and slides. A new chart is one new file here.

A chart is a module with a `Row` (a NamedTuple of plain values), a `draw(rows, inks)` that returns an Altair chart, and
nothing else of its own. Altair and vl-convert take a second to start, hold the interpreter while they draw and want a
hundred megabytes, so they live in a process beside the one that asks: only `engine`, `pieces` and the inside of `draw`
import them.
"""
