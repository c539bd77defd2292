"""A text-generation task: tokenizer, prompts, scorer and limits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from .errors import TextError
from .functions import find_function
from .prompts import Prompt, PromptSource, load_prompts
from .scoring import Scorer
from .tokenizer import BUNDLED, TextTokenizer

Tokens = NDArray[np.int64]

Responder = Callable[[Tokens, np.random.Generator], Sequence[int]]
"""Returns what the environment appends to the tokens so far, if anything; draws what is random
about it from the generator."""


@dataclass(frozen=True)
class Task:
    """What all episodes of an environment have in common.

    Attributes:
        tokenizer: Of the prompts, the actions and the scored text.
        prompts: At least one.
        scorer: Gives the reward of a finished text.
        responder: Appends tokens after actions, or None.
        horizon: Most actions of an episode.
        context: Most tokens of an episode, L; prompt, actions and replies together.
        samples_per_prompt: For how many consecutive episodes a prompt is kept.
    """

    tokenizer: TextTokenizer
    prompts: Sequence[Prompt]
    scorer: Scorer
    responder: Responder | None
    horizon: int
    context: int
    samples_per_prompt: int

    @property
    def observation_space(self) -> spaces.Dict:
        """Tokens `[L]`, length `[1]`, prompt length `[1]`, and which tokens are actions `[L]`."""
        return spaces.Dict(
            {
                "tokens": spaces.Box(0, self.tokenizer.size - 1, (self.context,), np.int64),
                "length": spaces.Box(0, self.context, (1,), np.int64),
                "prompt_length": spaces.Box(0, self.context, (1,), np.int64),
                "is_action": spaces.MultiBinary(self.context),
            }
        )

    @property
    def action_space(self) -> spaces.Discrete:
        """One token of the vocabulary."""
        return spaces.Discrete(self.tokenizer.size)


def load_task(
    *,
    prompts: PromptSource | None = None,
    scorer: str | Scorer | None = None,
    tokenizer: str | Path = BUNDLED,
    end_token: str | None = None,
    horizon: int = 32,
    context: int | None = None,
    samples_per_prompt: int = 1,
    prompt_seed: int = 0,
    responder: str | Responder | None = None,
) -> Task:
    """Read a task's files and find its functions.

    Args:
        prompts: A file with one prompt per line (`.jsonl`: strings, or objects with a "prompt"),
            a list of texts, or a function of a seed that returns one (or its `module:function`).
        scorer: A function `(prompt, continuation) -> float`, or its `module:function`.
        tokenizer: A `tokenizer.json`, or a folder that holds one.
        end_token: The end token as written in the vocabulary; by default it is looked up.
        horizon: Most actions of an episode, at least 1.
        context: Most tokens of an episode; by default those of the longest prompt and `horizon`.
            Replies need a larger one.
        samples_per_prompt: For how many consecutive episodes each prompt is kept, at least 1, so
            that there are texts to compare; a reset with a seed draws anew.
        prompt_seed: What a function of prompts gets, at least 0.
        responder: A function `(tokens, generator) -> tokens` that is called after each action but
            the last and returns what to append, or its `module:function`.

    Raises:
        TextError: If something is missing or does not fit together.
        gymnasium.error.DependencyNotInstalled: Without the package `tokenizers`.
    """
    if prompts is None:
        raise TextError("prompts is missing; give a file with one prompt per line")
    if scorer is None:
        raise TextError("scorer is missing; give module:function, of a prompt and a continuation")
    for name, value, low in (
        ("horizon", horizon, 1),
        ("samples_per_prompt", samples_per_prompt, 1),
        ("prompt_seed", prompt_seed, 0),
    ):
        _check_count(name, value, low)
    words = TextTokenizer(tokenizer, end_token)
    starts = load_prompts(prompts, words, prompt_seed)
    return Task(
        tokenizer=words,
        prompts=starts,
        scorer=find_function(scorer, "scorer"),
        responder=None if responder is None else find_function(responder, "responder"),
        horizon=horizon,
        context=_fitting_context(starts, horizon, context),
        samples_per_prompt=samples_per_prompt,
    )


def _check_count(name: str, value: Any, low: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < low:
        raise TextError(f"{name}={value!r} is impossible; it must be a whole number from {low}")


def _fitting_context(prompts: Sequence[Prompt], horizon: int, context: int | None) -> int:
    longest = max(prompts, key=lambda prompt: len(prompt.tokens))
    needed = len(longest.tokens) + horizon
    if context is None:
        return needed
    _check_count("context", context, 1)
    if needed > context:
        raise TextError(
            f"the prompt {longest.text!r} has {len(longest.tokens)} tokens, which with the horizon "
            f"of {horizon} exceed the context of {context}; shorten it, or set context={needed}"
        )
    return context
