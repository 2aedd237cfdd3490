"""A claim: a sentence somebody wrote, experiments that could refute it, and the computed verdict.

holds            every check that must hold does, and all readings of it agree
does not hold    one that must hold fails, or every reading does
cannot tell      readings disagree, a number cannot be had, it is true by construction, or a
                 variation of what is least known turns the verdict round
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from meshes.errors import InputError
from solver.claims.check import Check, Checked, Outcomes

HOLDS, FAILS, UNKNOWN = "holds", "does not hold", "cannot tell"


@dataclass(frozen=True)
class Claim:
    """A claim and what would show it.

    Attributes:
        sentence: as claimed; `source`: by whom.
        experiments: changes to the base configuration by name of the experiment.
        checks: what has to be found.
        variations: names of what is varied to see whether the verdict stands.
        shown: experiments of the table, in order; all of them by default.
        remark: what a reader must know that no number says.
    """

    sentence: str
    source: str
    experiments: Mapping[str, Sequence[str]]
    checks: Sequence[Check]
    variations: Sequence[str] = ()
    shown: Sequence[str] = ()
    remark: str = ""

    def __post_init__(self) -> None:
        """Refuse checks of experiments that are not there."""
        for check in self.checks:
            for name in check.needs:
                if name not in self.experiments:
                    raise InputError(
                        f"the check {check.what!r} looks at the experiment {name!r}; the claim has "
                        f"{', '.join(self.experiments)}"
                    )

    @property
    def needed(self) -> tuple[str, ...]:
        """Experiments that its checks look at: those to vary."""
        named = {name for check in self.checks for name in check.needs}
        return tuple(name for name in self.experiments if name in named)


@dataclass(frozen=True)
class Finding:
    """What came of a claim.

    Attributes:
        verdict: `HOLDS`, `FAILS` or `UNKNOWN`.
        reason: in words and numbers.
        checked: on the base.
        varied: the same under every variation that could be tried.
        untried: variations that could not, and why.
    """

    verdict: str
    reason: str
    checked: tuple[Checked, ...]
    varied: Mapping[str, tuple[Checked, ...]] = field(default_factory=dict)
    untried: Mapping[str, str] = field(default_factory=dict)


def judge(
    claim: Claim,
    base: Outcomes,
    varied: Mapping[str, Outcomes],
    words: Mapping[str, str],
    untried: Mapping[str, str],
) -> Finding:
    """Weigh a claim on its experiments, then see whether a variation turns the verdict.

    Args:
        base: outcomes by experiment; `varied`: the same by variation.
        words: of the variations; `untried`: why some could not be run.
    """
    checked = tuple(check.of(base) for check in claim.checks)
    others = {
        name: tuple(check.of(outcomes) for check in claim.checks)
        for name, outcomes in varied.items()
    }
    verdict, reason = weigh(checked)
    turned = {name: found for name, found in others.items() if weigh(found)[0] != verdict}
    if verdict != UNKNOWN and turned:
        told = [f"{words[name]}, {_difference(checked, found)}" for name, found in turned.items()]
        reason = f"As modelled it {verdict} ({reason}), but with {'; with '.join(told)}."
        return Finding(UNKNOWN, reason, checked, others, untried)
    if verdict != UNKNOWN and others:
        reason += f". None of {len(others)} variations turns this"
    return Finding(verdict, f"{reason}.", checked, others, untried)


def weigh(checked: Sequence[Checked]) -> tuple[str, str]:
    """Verdict and reason of some checks by themselves."""
    missing = [found for found in checked if found.holds is None]
    if missing:
        return UNKNOWN, _join(missing)
    void = [found for found in checked if found.check.role == "evidence" and not found.holds]
    if void:
        return UNKNOWN, f"true by construction and so no evidence: {_join(void)}"
    broken = [found for found in checked if found.check.role == "must" and not found.holds]
    if broken:
        return FAILS, _join(broken)
    readings = [found for found in checked if found.check.role == "reading"]
    against = [found for found in readings if not found.holds]
    if not against:
        return HOLDS, _join([found for found in checked if found.check.role != "evidence"])
    if len(against) == len(readings):
        return FAILS, _join(against)
    agreeing = [found for found in readings if found.holds]
    return UNKNOWN, f"the observables disagree: {_join(agreeing)}, but {_join(against)}"


def _difference(before: Sequence[Checked], after: Sequence[Checked]) -> str:
    """The checks that turned."""
    turned = [new for old, new in zip(before, after, strict=True) if old.holds != new.holds]
    return _join(turned)


def _join(checked: Sequence[Checked]) -> str:
    return "; ".join(found.words() for found in checked)
