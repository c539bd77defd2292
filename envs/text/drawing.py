"""Texts as snapshots, and snapshots as text to read."""

import numpy as np
from numpy.typing import NDArray

from .tokenizer import TextTokenizer
from .transcripts import Transcripts

Snapshot = NDArray[np.int32]
"""`[L + 2]`: prompt length, length, and the tokens; those of replies as −1 − token."""


def take_snapshots(transcripts: Transcripts) -> Snapshot:
    """Return what is needed to draw each row, `[N, L + 2]`."""
    places = np.arange(transcripts.tokens.shape[1])
    replies = (places >= transcripts.prompt_lengths[:, None]) & (transcripts.is_action == 0)
    tokens = np.where(replies, -1 - transcripts.tokens, transcripts.tokens)
    lengths = np.stack([transcripts.prompt_lengths, transcripts.lengths], axis=1)
    return np.concatenate([lengths, tokens], axis=1).astype(np.int32)


def draw_text(tokenizer: TextTokenizer, snapshot: Snapshot) -> str:
    """Return a text: the prompt, a bar, what was written, replies in brackets."""
    prompt_length, length = snapshot[:2].tolist()
    tokens = snapshot[2:].tolist()
    prompt = tokenizer.decode(tokens[:prompt_length])
    return f"{prompt} |{_continuation(tokenizer, tokens[prompt_length:length])}"


def _continuation(tokenizer: TextTokenizer, tokens: list[int]) -> str:
    parts: list[tuple[bool, list[int]]] = []
    for token in tokens:
        reply = token < 0
        if not parts or parts[-1][0] != reply:
            parts.append((reply, []))
        parts[-1][1].append(-1 - token if reply else token)
    texts = [(reply, tokenizer.decode(part)) for reply, part in parts]
    return "".join(f"[{text}]" if reply else text for reply, text in texts)
