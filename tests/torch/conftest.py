"""What tests of ``lossary.torch`` share: tensors that no kernel takes."""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.fixture
def no_kernels(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A function after whose call tensors are treated as if they lay on another device."""

    def forbid() -> None:
        # Where torch is missing, all of these tests are skipped.
        from lossary.torch.execution import fast_path  # noqa: PLC0415
        from lossary.torch.tensors import kernels  # noqa: PLC0415

        monkeypatch.setattr(kernels, "takes", lambda *tensors: False)
        monkeypatch.setattr(fast_path, "undisturbed", lambda *arguments: False)

    return forbid
