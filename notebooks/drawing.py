"""How the notebooks draw: one look for all plots, and lines that carry their names instead of a legend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

COLOURS = ("#0b6e99", "#c2410c", "#4d7c0f", "#7e22ce", "#6b7280")


def axes(title: str, x: str, y: str, width: float = 8.0, height: float = 3.6) -> Axes:
    """An empty plot.

    Args:
        title: what it shows, as a sentence.
        x: the quantity along the bottom, with its unit.
        y: the quantity up the side, with its unit.
        width: inches.
        height: inches.

    Example:
        >>> plot = axes("Every answer is late after 600 s", "virtual time (s)", "answers a second")
    """
    _, plot = plt.subplots(figsize=(width, height), layout="constrained")
    plot.set_title(title, loc="left", fontsize=11)
    plot.set_xlabel(x)
    plot.set_ylabel(y)
    plot.spines[["top", "right"]].set_visible(False)
    plot.grid(axis="y", color="#e5e7eb")
    plot.set_axisbelow(True)
    return plot


def lines(plot: Axes, x: Sequence[float], series: Mapping[str, Sequence[float]]) -> None:
    """Draw each series with its name at its right end, the names pushed apart where they would overlap."""
    for colour, (name, y) in zip(COLOURS, series.items(), strict=False):
        plot.plot(x, y, color=colour, label=name, linewidth=1.6)
    label_ends(plot)


def label_ends(plot: Axes) -> None:
    """Write each line's label beside its right end."""
    drawn = sorted(plot.get_lines(), key=lambda line: float(line.get_ydata()[-1]))  # type: ignore[index,arg-type]
    plot.margins(x=0.01)
    low, high = plot.get_ylim()
    least = (high - low) / (plot.bbox.height / 14)
    height = low - least
    for line in drawn:
        end = float(line.get_ydata()[-1])  # type: ignore[index,arg-type]
        height = max(end, height + least)
        plot.annotate(
            str(line.get_label()),
            xy=(1.01, height),
            xycoords=("axes fraction", "data"),
            color=line.get_color(),
            va="center",
            fontsize=9,
            annotation_clip=False,
        )


def mark(plot: Axes, begins: float, ends: float, what: str) -> None:
    """Shade a stretch of the x axis and say what happened in it."""
    plot.axvspan(begins, ends, color="#fde68a", alpha=0.5, linewidth=0)
    middle = (begins + ends) / 2
    above = ("data", "axes fraction")
    plot.annotate(what, xy=(middle, 0.97), xycoords=above, ha="center", va="top", fontsize=9, color="#92400e")
