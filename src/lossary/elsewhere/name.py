"""What is known of a name that another library calls a loss, and of that library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Name:
    """What a name of another library is here.

    loss        ours, with parameters after a colon where that library's defaults are others; "" where there is none
    factor      how many times ours theirs is: "1/2", "100"; "k" in it is the number of classes
    shifted     whether theirs has a term in the target besides, which changes nothing that is learned
    parameters  their parameters, and what they are called here
    call        how it is written there, where that is more than the name
    trap        what goes wrong on the way from there to here
    refused     why ``lossary.get`` does not take the name: it means something else there than any loss here does.
                It reads on from "keras:Poisson"; ``loss`` is then what comes nearest, and ``factor`` is ""
    also        other spellings there: a function beside a class, an alias
    alone       whether the name is known without its library before it
    metric      whether it is only ever evaluated there, and not trained on
    """

    loss: str = ""
    factor: str = "1"
    shifted: bool = False
    parameters: Mapping[str, str] = field(default_factory=dict)
    call: str = ""
    trap: str = ""
    refused: str = ""
    also: tuple[str, ...] = ()
    alone: bool = True
    metric: bool = False

    @property
    def fixed(self) -> dict[str, float]:
        """The parameters that stand in ``loss``: that library's defaults, where they are not ours."""
        pairs = (pair.split("=") for pair in self.loss.partition(":")[2].split(",") if pair)
        return {name: float(value) for name, value in pairs}


def refused(reason: str, nearest: str = "", **more: object) -> Name:
    """A name that is not taken, and why."""
    return Name(nearest, factor="", refused=reason, **more)  # type: ignore[arg-type]


def metric(loss: str, factor: str = "1", **more: object) -> Name:
    """A name that is evaluated and not trained on."""
    return Name(loss, factor, alone=False, metric=True, **more)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Library:
    """One library's names.

    order       the order of the arguments there
    reduction   what it makes of many examples unless told
    evidence    what holds the entries to the library, and where that ends
    no_losses   public names that look like a loss's and are the mean of none
    """

    title: str
    order: str
    reduction: str
    evidence: str
    names: Mapping[str, Name]
    no_losses: tuple[str, ...] = ()
