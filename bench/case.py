# SPDX-License-Identifier: MIT
"""A case is something that sluice does, beside whoever else does it, or beside the limit of
what can be done. Its sides are measured in turn, so that a change of the machine's mood meets
all of them; what counts is the median of the rounds' ratios."""

import statistics
import sys
from dataclasses import dataclass, field
from typing import Callable

from measure import Failed, Others


@dataclass(frozen=True)
class Goal:
    """What a case is to reach: at least so many times as fast, or at most so many times the
    time, or (of ours alone) at most so much. Without a number it is reported."""

    kind: str = "reported"
    number: float = 0.0

    def told(self, unit):
        return {
            "reported": "reported",
            "share": "reported",
            "times": f"{self.number:g}x",
            "time": f"{form_ratio(self.number)} the time",
            "most": f"{self.number:g} {unit}",
        }[self.kind]

    def reached(self, ratio, ours):
        if self.kind == "times":
            return ratio >= self.number
        if self.kind == "time":
            return ratio <= self.number
        return ours <= self.number if self.kind == "most" else None


def times(number):
    return Goal("times", number)


def time_of(number):
    return Goal("time", number)


def at_most(number):
    return Goal("most", number)


REPORTED = Goal()
SHARE = Goal("share")


@dataclass(frozen=True)
class Case:
    name: str  # on the command line
    what: str  # in the table
    unit: str  # of both sides
    ours: Callable  # (place) -> number
    peer: Callable  # (place) -> {setting: number}; the best setting counts
    against: str  # who the peer is
    target: Goal
    note: Callable = lambda results: ""  # (results by name) -> what bounds it, what to know
    more: bool = False  # more of the unit is better
    all_cores: bool = False  # ours has them work together: how far apart they are is told


@dataclass
class Result:
    case: Case
    ours: list = field(default_factory=list)
    peers: dict = field(default_factory=dict)
    run: object = None  # of our last round, where there was a journal
    lines: list = field(default_factory=list)  # of ours with all cores, before and after: ns
    others: float = 0.0  # cores that other work took meanwhile
    failure: str = ""

    def best(self):
        """The peer's best setting, by its median."""
        choose = max if self.case.more else min
        return choose(self.peers, key=lambda name: statistics.median(self.peers[name]))

    def ratios(self):
        """Of each round: how many times as fast, or for a limit how much of it."""
        theirs = self.peers[self.best()]
        more = self.case.more
        if self.case.target.kind == "share":
            return [a / b for a, b in zip(self.ours, theirs)]
        if self.case.target.kind == "time":
            return [b / a if more else a / b for a, b in zip(self.ours, theirs)]
        return [a / b if more else b / a for a, b in zip(self.ours, theirs)]

    def median(self):
        return statistics.median(self.ours)

    def peer_median(self):
        return statistics.median(self.peers[self.best()])

    def ratio(self):
        return statistics.median(self.ratios())

    def reached(self):
        return self.case.target.reached(self.ratio(), self.median())


def measure_ours(result, place):
    case = result.case
    if case.all_cores:
        result.lines += place.line_ns()
    result.ours.append(case.ours(place))
    result.run = place.last
    if case.all_cores:
        result.lines += place.line_ns()


def measure(case, place, rounds):
    """All rounds of a case; a failure is kept, so that the other cases go on."""
    result, others = Result(case), Others()
    try:
        for turn in range(rounds):
            measure_ours(result, place)
            for name, value in case.peer(place).items():
                result.peers.setdefault(name, []).append(value)
            print(f"{case.name}, round {turn + 1}: {form(result.ours[-1])} {case.unit}; "
                  + ", ".join(f"{name}: {form(values[-1])}"
                              for name, values in result.peers.items()),
                  file=sys.stderr, flush=True)
    except (Failed, OSError) as error:
        result.failure = " ".join(str(error).split())
        print(f"{case.name}: {result.failure}", file=sys.stderr, flush=True)
    result.others = others.cores()
    place.forget()
    return result


def form(value):
    """Three digits that count, whole from a hundred on."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def form_ratio(value):
    if 0 < value < 0.1:
        return f"1/{form(1 / value)}"
    return form(value)


def spread(values, shown=form):
    """Median, lowest and highest."""
    if len(values) == 1:
        return shown(values[0])
    low, high = shown(min(values)), shown(max(values))
    return f"{shown(statistics.median(values))} ({low} to {high})"


VERDICTS = {True: "yes", False: "**no**", None: ""}


def row(result):
    case = result.case
    told = case.target.told(case.unit)
    if result.failure:
        return f"| {case.what} | failed | | | {told} | **no** |"
    return (f"| {case.what} | {spread(result.ours)} {case.unit} "
            f"| {case.against}: {spread(result.peers[result.best()])} "
            f"| {spread(result.ratios(), form_ratio)} | {told} "
            f"| {VERDICTS[result.reached()]} |")


def told_lines(lines):
    return f"a cache line took {spread(lines)} ns from one core to another and back"


def where(run):
    parts = sorted(run.where_time_goes().items(), key=lambda part: -part[1])
    return (f"Of its process's {form(run.timing.seconds)} s: "
            + ", ".join(f"{name} {form(seconds)}" for name, seconds in parts) + ".")


def share_of_peak(results, operations, cores):
    """What so many operations a second are of the loop of multiply-adds, if it ran too."""
    peak = results.get("peak")
    if not peak or peak.failure:
        return ""
    share = 1e-9 * operations / (cores * peak.peer_median())
    return (f"That is {form(1e-9 * operations)} GFLOP/s, {share:.0%} of the peak of "
            f"{cores} core{'s' * (cores > 1)}.")


def remark(result, results):
    """Settings of the peer, what bounds it, and other work on the machine."""
    case = result.case
    if result.failure:
        return f"- **{case.name}** failed: {result.failure}"
    parts = [case.note(results)]
    if result.reached() is False and result.run:
        parts.append(where(result.run))
    if len(result.peers) > 1:
        parts.append("The peer's settings: "
                     + "; ".join(f"{name} {spread(values)}"
                                 for name, values in result.peers.items()) + ".")
    if result.lines:
        parts.append(f"Right before and after ours, {told_lines(result.lines)}.")
    parts.append(f"Other work took {result.others:.2f} cores.")
    return f"- **{case.name}**. " + " ".join(part for part in parts if part)
