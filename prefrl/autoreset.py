"""How a vector of environments starts new episodes."""

from typing import Any

from gymnasium.vector import AutoresetMode, VectorEnv

from prefrl.errors import UserError


def autoreset_mode(env: VectorEnv[Any, Any, Any]) -> AutoresetMode:
    """Return the autoreset mode that a vector of environments names in its metadata.

    Raises:
        UserError: If it names none of Gymnasium's.
    """
    mode = env.metadata.get("autoreset_mode")
    try:
        return AutoresetMode(mode)
    except ValueError:
        raise UserError(
            f"the autoreset mode of {env} is {mode!r}, which is none of Gymnasium's; set "
            'metadata["autoreset_mode"] to a gymnasium.vector.AutoresetMode'
        ) from None
