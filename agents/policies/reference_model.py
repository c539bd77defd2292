"""What a language model was before it was trained."""

import copy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def frozen_copy(model: "PreTrainedModel") -> "PreTrainedModel":
    """Return a copy that is not trained; what is frozen already is shared, not copied."""
    shared = {id(weight): weight for weight in model.parameters() if not weight.requires_grad}
    twin = copy.deepcopy(model, dict(shared))
    return twin.requires_grad_(False)
