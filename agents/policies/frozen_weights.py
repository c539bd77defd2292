"""Checkpoints of a module without what is frozen in it."""

from typing import Any

from torch import nn
from torch.nn.modules.module import _IncompatibleKeys


def leave_frozen_weights_out(module: nn.Module) -> None:
    """Let a module's `state_dict` leave out, and `load_state_dict` not miss, frozen parameters."""
    module.register_state_dict_post_hook(_leave_out)
    module.register_load_state_dict_post_hook(_do_not_miss)


def _frozen_names(module: nn.Module) -> set[str]:
    named = module.named_parameters(remove_duplicate=False)
    return {name for name, parameter in named if not parameter.requires_grad}


def _leave_out(module: nn.Module, state: dict[str, Any], prefix: str, _: Any) -> None:
    for name in _frozen_names(module):
        state.pop(prefix + name, None)


def _do_not_miss(module: nn.Module, incompatible: _IncompatibleKeys) -> None:
    frozen = _frozen_names(module)
    incompatible.missing_keys[:] = [k for k in incompatible.missing_keys if k not in frozen]
