"""Runs what builds and judges boards compiled and not."""

from collections.abc import Iterator

import pytest

from prefrl.envs.tetris import compiled


@pytest.fixture(scope="module", params=["compiled", "vectorised"])
def both_ways(request: pytest.FixtureRequest) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "vectorised":
            patch.setattr(compiled, "AVAILABLE", False)
        else:
            assert compiled.AVAILABLE, "the tests need numba: pip install 'prefrl[dev]'"
        yield
