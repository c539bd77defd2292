"""Texts written by a policy in one go, without an environment."""

import numpy as np
import torch

from prefrl.agents.policies.causal_lm import CausalLMPolicy
from prefrl.trees import Array


def generate(
    policy: CausalLMPolicy,
    observations: dict[str, Array],
    *,
    horizon: int,
    end_token: int,
    seed: int | None = None,
) -> dict[str, Array]:
    """Go on with texts until each has its end token, `horizon` actions, or a full context.

    The tokens are those that stepping an environment gives that appends nothing of its own, from
    the same observations and with torch's generator at the same seed.

    Args:
        policy: Writes.
        observations: What texts begin with: `tokens` `[N, L]`, padded on the right, `length`
            `[N, 1]`, `is_action` `[N, L]`, and whatever else, which is returned as it is.
        horizon: Most actions of a text.
        end_token: Ends a text.
        seed: Determines what is drawn; torch's own generator is left alone. None takes the
            likeliest tokens.

    Returns:
        Observations of the ended texts.
    """
    written = {name: np.array(values) for name, values in observations.items()}
    tokens, is_action = written["tokens"], written["is_action"]
    lengths = written["length"].reshape(-1)  # a view: what is counted here is in `written`
    generator = torch.Generator()
    if seed is not None:
        generator.manual_seed(seed)
    going_on = lengths < tokens.shape[1]
    for _ in range(horizon):
        rows = np.flatnonzero(going_on)
        if not len(rows):
            break
        uniforms = torch.rand(len(tokens), dtype=torch.float64, generator=generator)
        read = torch.from_numpy(tokens), torch.from_numpy(lengths)
        drawn = policy.next_tokens(*read, None if seed is None else uniforms).numpy()[rows]
        tokens[rows, lengths[rows]] = drawn
        is_action[rows, lengths[rows]] = 1
        lengths[rows] += 1
        going_on[rows] = (drawn != end_token) & (lengths[rows] < tokens.shape[1])
    return written
