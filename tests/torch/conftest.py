"""What tests of ``lossary.torch`` share: tensors that no kernel takes."""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.fixture
def no_kernels(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A function after whose call tensors are treated as if they lay on another device."""

    def forbid() -> None:
        from lossary.torch import kernels, quick  # noqa: PLC0415  where torch is missing, all of these tests are skipped

        monkeypatch.setattr(kernels, "takes", lambda *tensors: False)
        monkeypatch.setattr(quick, "_plain", lambda *arguments: False)

    return forbid
