"""Texts as snapshots, and snapshots and observations as text to read."""

import numpy as np
from numpy.typing import NDArray

from .tokenizer import TextTokenizer
from .transcripts import Observation, Transcripts

Snapshot = NDArray[np.int32]
"""`[L + 2]`: prompt length, length, and the tokens; those of replies as −1 − token."""


def take_snapshots(transcripts: Transcripts) -> Snapshot:
    """Return what is needed to draw each row, `[N, L + 2]`."""
    tokens = _marked(transcripts.tokens, transcripts.is_action, transcripts.prompt_lengths)
    lengths = np.stack([transcripts.prompt_lengths, transcripts.lengths], axis=1)
    return np.concatenate([lengths, tokens], axis=1).astype(np.int32)


def draw_text(tokenizer: TextTokenizer, snapshot: Snapshot) -> str:
    """Return a text: the prompt, a bar, what was written, replies in brackets."""
    prompt_length, length = snapshot[:2].tolist()
    tokens = snapshot[2:].tolist()
    prompt = tokenizer.decode(tokens[:prompt_length])
    return f"{prompt} |{_continuation(tokenizer, tokens[prompt_length:length])}"


def read_text(tokenizer: TextTokenizer, observation: Observation, action: int) -> tuple[str, str]:
    """Return the prompt of an observation, and what was written up to and with an action.

    Replies are in brackets.
    """
    tokens = _marked(observation["tokens"], observation["is_action"], observation["prompt_length"])
    prompt_length, length = int(observation["prompt_length"][0]), int(observation["length"][0])
    written = [*tokens[prompt_length:length].tolist(), action]
    return tokenizer.decode(tokens[:prompt_length].tolist()), _continuation(tokenizer, written)


def _marked(
    tokens: NDArray[np.integer], is_action: NDArray[np.integer], prompt_lengths: NDArray[np.integer]
) -> NDArray[np.integer]:
    # Prompts are no actions either, but they come first.
    places = np.arange(tokens.shape[-1])
    replies = (places >= prompt_lengths[..., None]) & (is_action == 0)
    marked: NDArray[np.integer] = np.where(replies, -1 - tokens, tokens)
    return marked.reshape(tokens.shape)


def _continuation(tokenizer: TextTokenizer, tokens: list[int]) -> str:
    parts: list[tuple[bool, list[int]]] = []
    for token in tokens:
        reply = token < 0
        if not parts or parts[-1][0] != reply:
            parts.append((reply, []))
        parts[-1][1].append(-1 - token if reply else token)
    texts = [(reply, tokenizer.decode(part)) for reply, part in parts]
    return "".join(f"[{text}]" if reply else text for reply, text in texts)
