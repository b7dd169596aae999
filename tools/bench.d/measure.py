# SPDX-License-Identifier: Apache-2.0
"""Figures, their intervals and verdicts.

A figure is the median of its runs; its interval holds 95 % of the medians of RESAMPLES samples drawn from
the runs with replacement (bootstrap). Beside it stands the A/A interval: the same statistic of ebprof
against itself, so it tells what this machine's noise alone looks like, and holds 1 when nothing drifts.
"""
import statistics

RESAMPLES = 4000
PAIRS = 20


class Failed(Exception):
    """A run that gave no figure; the text says why."""


def interval(draw):
    """The 2.5th and 97.5th percentile of RESAMPLES values of draw()."""
    values = sorted(draw() for _ in range(RESAMPLES))
    return values[int(RESAMPLES * 0.025)], values[int(RESAMPLES * 0.975) - 1]


def median_interval(values, rng):
    return interval(lambda: statistics.median(rng.choices(values, k=len(values))))


def halves_interval(values, rng):
    """The median of the odd runs over that of the even ones; None when there are too few."""
    odd, even = values[::2], values[1::2]
    if len(even) < 2 or not all(even):
        return None
    return interval(
        lambda: statistics.median(rng.choices(odd, k=len(odd)))
        / statistics.median(rng.choices(even, k=len(even)))
    )


def verdict(low, high, bar):
    """bar: ("<=", limit) or (">=", limit); an interval that straddles the limit decides nothing."""
    sign, limit = bar
    if sign == "<=":
        return "met" if high <= limit else "missed" if low > limit else "not resolved"
    return "met" if low >= limit else "missed" if high < limit else "not resolved"


class Row:
    """One line of the table: a figure in the unit that 'show' prints."""

    def __init__(self, what, figure, low=None, high=None, noise=None, bar=None, show="{:.3f}"):
        self.what, self.figure, self.low, self.high = what, figure, low, high
        self.noise, self.bar, self.show = noise, bar, show
        self.notes = []
        self.verdict = verdict(low, high, bar) if bar else "-"

    def note(self, text):
        self.notes.append(text)
        return self

    @property
    def missed(self):
        return self.verdict.startswith("missed")

    def as_dict(self):
        return {k: v for k, v in vars(self).items() if k != "show"}


def blocks(b, arms, cnt):
    """{arm: [its runs]}: in each block every arm once, in random order. The first block warms up."""
    runs = {arm: [] for arm in arms}
    for block in range(-1, cnt):
        order = list(arms)
        b.rng.shuffle(order)
        for arm in order:
            run = arms[arm]()
            if block >= 0:
                runs[arm].append(b.keep(arm, run, block=block))
    return runs


def figures(runs, figure):
    """The same with one figure of each run."""
    return {arm: [figure(run) for run in got] for arm, got in runs.items()}


def per_sample(run):
    """BPF run time of a sample, ns."""
    if not run["samples"]:
        raise Failed("a run saw no sample of its target")
    return run.get("bpf_ns", run.get("own", {}).get("bpf_ns")) / run["samples"]


def row_of_ratio(what, over, under, again, rng, bar=None):
    """Paired runs: the median of over[i] / under[i]; 'again' are the second runs of what 'over' is."""
    ratios = [a / b for a, b in zip(over, under)]
    same = [a / b for a, b in zip(over, again)]
    low, high = median_interval(ratios, rng)
    noise = median_interval(same, rng)
    return Row(what, statistics.median(ratios), low, high, noise, bar)


def row_of_figure(what, values, rng, bar=None, show="{:.3f}"):
    low, high = median_interval(values, rng)
    noise = halves_interval(values, rng)
    return Row(what, statistics.median(values), low, high, noise, bar, show)


def row_of_count(what, count, bar=None):
    """A number that is counted, not measured: no interval."""
    return Row(what, count, count, count, None, bar, "{:.0f}")


def table(rows):
    """rows: (bench, Row), as lines of text; notes are indented below their row."""
    head = ("bench", "what", "figure", "95 %", "A/A", "bar", "verdict")
    lines = [head]
    for bench, row in rows:
        show = row.show.format
        lines.append(
            (
                bench,
                row.what,
                show(row.figure),
                "" if row.low is None or row.low == row.high else f"{show(row.low)} .. {show(row.high)}",
                f"{row.noise[0]:.3f} .. {row.noise[1]:.3f}" if row.noise else "",
                f"{row.bar[0]} {show(row.bar[1])}" if row.bar else "",
                row.verdict,
            )
        )
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    text = []
    for i, line in enumerate(lines):
        text.append("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
        text += ["    " + note for note in rows[i - 1][1].notes] if i else []
    return text
