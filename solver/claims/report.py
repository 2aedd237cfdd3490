"""The findings in words: `findings.md` for a reader, and every number of it for a program."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from solver.claims.check import Checked, Outcomes, number
from solver.claims.claim import Claim, Finding
from solver.claims.outcome import MEASURES, OBSERVABLES, Outcome

BASE = "as modelled"


@dataclass(frozen=True)
class Variation:
    """What is varied to see whether a verdict stands.

    Attributes:
        words: of what is varied, with the value; `overrides`: changes to the configuration.
    """

    words: str
    overrides: Sequence[str]


@dataclass(frozen=True, eq=False)
class Reported:
    """A claim with all that was computed for it.

    Attributes:
        base: outcomes by experiment; `varied`: the same by variation.
        commands: how each experiment of the base is run by itself.
    """

    claim: Claim
    finding: Finding
    base: Outcomes
    varied: Mapping[str, Outcomes]
    commands: Mapping[str, str]

    @property
    def shown(self) -> tuple[str, ...]:
        """Experiments of its table."""
        return tuple(self.claim.shown or self.claim.experiments)


def report(
    reported: Mapping[str, Reported],
    variations: Mapping[str, Variation],
    setting: Sequence[str],
    unfinished: Sequence[str] = (),
) -> str:
    """The whole of `findings.md`.

    Args:
        reported: by name of the claim.
        setting: sentences on geometry, duration and assumptions.
        unfinished: claims whose experiments are not all there.
    """
    lines = ["# Findings", "", *(f"{sentence}\n" for sentence in setting)]
    lines += _table(
        ("claim", "verdict", "why"),
        [
            (f"[{name}](#{name})", f"**{one.finding.verdict}**", one.finding.reason)
            for name, one in reported.items()
        ],
    )
    if unfinished:
        lines += ["", f"Not finished: {', '.join(unfinished)}. The same command goes on from here."]
    lines += _dependence(reported, variations)
    for name, one in reported.items():
        lines += _section(name, one, variations)
    return "\n".join(lines) + "\n"


def _section(name: str, one: Reported, variations: Mapping[str, Variation]) -> list[str]:
    """One claim."""
    claim, finding = one.claim, one.finding
    lines = ["", f"## {name}", "", f"> {claim.sentence}", f"> ({claim.source})", ""]
    lines += [f"**{finding.verdict[0].upper()}{finding.verdict[1:]}.** {finding.reason}", ""]
    lines += [claim.remark, ""] if claim.remark else []
    first = one.base[one.shown[0]]
    words = [f"{MEASURES[key].words} ({MEASURES[key].unit})" for key in OBSERVABLES]
    rows = []
    for label in one.shown:
        rows.append((label, *_observed(one.base[label], first)))
    lines += _table(("experiment", *words), rows)
    lines += ["", f"![{name}](figures/{name}.png)", ""]
    lines += _table(
        ("number", "found", "asked", "is it so", "bound"),
        [
            (
                found.check.what,
                _value(found),
                found.check.bound(),
                _so(found),
                found.check.why,
            )
            for found in finding.checked
        ],
    )
    if finding.varied:
        rows = [(BASE, *map(_value, finding.checked))]
        rows += [
            (variations[key].words, *(f"{_value(new)}{_turned(old, new)}" for old, new in pairs))
            for key, pairs in (
                (key, list(zip(finding.checked, found, strict=True)))
                for key, found in finding.varied.items()
            )
        ]
        whats = [found.check.what for found in finding.checked]
        lines += ["", "By finite variation, one at a time:", ""]
        lines += _table(("with", *whats), rows)
    for key, why in finding.untried.items():
        lines += ["", f"Not tried: {variations[key].words} ({why})."]
    lines += ["", "Alone:", "", "```"]
    lines += [f"{command}   # {label}" for label, command in one.commands.items()]
    return [*lines, "```"]


def _dependence(reported: Mapping[str, Reported], variations: Mapping[str, Variation]) -> list[str]:
    """How the observables of the reference change with what is least known."""
    pairs: dict[str, tuple[Outcome, Outcome]] = {}
    base: tuple[Outcome, Outcome] | None = None
    for one in reported.values():
        if not {"nrem", "still"} <= set(one.base):
            continue
        base = base or (one.base["nrem"], one.base["still"])
        for key, outcomes in one.varied.items():
            if {"nrem", "still"} <= set(outcomes):
                pairs.setdefault(key, (outcomes["nrem"], outcomes["still"]))
    if base is None:
        return []
    rows = [(BASE, *_reference(base, base))]
    rows += [(variations[key].words, *_reference(pair, base)) for key, pair in pairs.items()]
    lines = ["", "## What the numbers depend on", ""]
    lines += [
        "NREM with one thing changed at a time (finite variation), over NREM as modelled; the last "
        "column is the tracer that motion adds to what diffusion alone brings.",
        "",
    ]
    words = [MEASURES[key].words for key in OBSERVABLES]
    return lines + _table(("with", *words, "added over diffusion"), rows)


def _reference(pair: tuple[Outcome, Outcome], base: tuple[Outcome, Outcome]) -> list[str]:
    moved, still = pair
    ratios = [_share(MEASURES[key].of(moved), MEASURES[key].of(base[0])) for key in OBSERVABLES]
    arrived = MEASURES["arrived"].of
    return [*ratios, f"{arrived(moved) / arrived(still) - 1.0:+.1%}"]


def _observed(outcome: Outcome, first: Outcome) -> list[str]:
    """The three observables, and in brackets their share of the first row's."""
    cells = []
    for key in OBSERVABLES:
        value, reference = (MEASURES[key].of(o) for o in (outcome, first))
        share = f" ({_share(value, reference)})" if outcome is not first else ""
        cells.append(f"{value:.3g}{share}")
    return cells


def _share(value: float, reference: float) -> str:
    if not math.isfinite(value) or not math.isfinite(reference) or reference == 0.0:
        return "-"
    return f"x {value / reference:.3g}"


def _value(found: Checked) -> str:
    return "-" if math.isnan(found.value) else number(found.value, found.check.unit)


def _so(found: Checked) -> str:
    return {True: "yes", False: "no", None: "not known"}[found.holds]


def _turned(old: Checked, new: Checked) -> str:
    return "" if old.holds == new.holds else " (turned)"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table of Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return [f"| {' | '.join(str(cell).replace('|', '/') for cell in line)} |" for line in lines]


def as_data(
    reported: Mapping[str, Reported], variations: Mapping[str, Variation]
) -> dict[str, Any]:
    """Every number of the report, for `findings.json`; what is not finite is None."""
    return {
        "units": {name: measure.unit for name, measure in MEASURES.items()},
        "variations": {name: one.words for name, one in variations.items()},
        "claims": {
            name: {
                "sentence": one.claim.sentence,
                "verdict": one.finding.verdict,
                "reason": one.finding.reason,
                "checks": [_check(found) for found in one.finding.checked],
                "varied": {
                    key: [_check(found) for found in checked]
                    for key, checked in one.finding.varied.items()
                },
                "experiments": _experiments(one.base),
                "experiments_varied": {
                    key: _experiments(outcomes) for key, outcomes in one.varied.items()
                },
                "commands": dict(one.commands),
            }
            for name, one in reported.items()
        },
    }


def _check(found: Checked) -> dict[str, Any]:
    check = found.check
    return {
        "what": check.what,
        "value": _finite(found.value),
        "unit": check.unit,
        "at_least": check.at_least,
        "at_most": check.at_most,
        "role": check.role,
        "holds": found.holds,
    }


def _experiments(outcomes: Outcomes) -> dict[str, dict[str, float | None]]:
    return {
        label: {name: _finite(one.of(outcome)) for name, one in MEASURES.items()}
        for label, outcome in outcomes.items()
    }


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
