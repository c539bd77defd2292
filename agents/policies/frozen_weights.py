"""Checkpoints of a module without what is frozen in it."""

from typing import Any

from torch import nn
from torch.nn.modules.module import _IncompatibleKeys


def leave_frozen_weights_out(module: nn.Module, *, kept: str) -> None:
    """Let a module's `state_dict` leave out, and `load_state_dict` not miss, frozen parameters.

    Args:
        module: The module.
        kept: Where parameters are named that change although they are frozen. Those that they
            share with others are left out.
    """

    def left_out() -> set[str]:
        named = module.named_parameters(remove_duplicate=False)
        frozen = {name: weight for name, weight in named if not weight.requires_grad}
        others = {id(weight) for name, weight in frozen.items() if not name.startswith(kept)}
        return {name for name, weight in frozen.items() if id(weight) in others}

    def leave_out(_: nn.Module, state: dict[str, Any], prefix: str, __: Any) -> None:
        for name in left_out():
            state.pop(prefix + name, None)

    def do_not_miss(_: nn.Module, incompatible: _IncompatibleKeys) -> None:
        there = left_out()
        incompatible.missing_keys[:] = [k for k in incompatible.missing_keys if k not in there]

    module.register_state_dict_post_hook(leave_out)
    module.register_load_state_dict_post_hook(do_not_miss)
