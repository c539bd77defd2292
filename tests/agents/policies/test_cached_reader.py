"""Reading only what is new of texts."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_language import tiny_llama
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel, GPTNeoXConfig, GPTNeoXForCausalLM

from prefrl.agents.policies.cached_reader import CachedReader, has_plain_attention
from prefrl.agents.policies.sequence_states import states_before

TOKENS, ROWS, CONTEXT = 12, 3, 10
LLAMA = tiny_llama(TOKENS)


def read_all(model: Any, tokens: Tensor, lengths: Tensor) -> Tensor:
    with torch.no_grad():
        return states_before(model, tokens, torch.arange(len(lengths)), lengths)


def gpt2() -> Any:
    sizes = {"n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 16}
    return GPT2LMHeadModel(
        GPT2Config(vocab_size=TOKENS, bos_token_id=0, eos_token_id=0, **sizes)
    ).eval()


def gpt_neox() -> Any:
    config = GPTNeoXConfig(
        vocab_size=TOKENS,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=16,
    )
    return GPTNeoXForCausalLM(config).eval()


change = st.tuples(
    st.sampled_from(["append", "append", "append", "restart", "edit", "cut", "nothing"]),
    st.integers(0, CONTEXT - 1),
    st.integers(0, TOKENS - 1),
)


def apply(tokens: Tensor, lengths: Tensor, row: int, kind: str, place: int, token: int) -> None:
    """Do to a row what environments, resets and wrappers do."""
    if kind == "append" and lengths[row] < CONTEXT:
        tokens[row, lengths[row]] = token
        lengths[row] += 1
    elif kind == "restart":
        tokens[row] = (torch.arange(CONTEXT) * (token + 1)) % TOKENS
        lengths[row] = place + 1
    elif kind == "edit":
        tokens[row, place] = token
    elif kind == "cut":
        lengths[row] = min(int(lengths[row]), place + 1)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(change, change, change), min_size=1, max_size=12))
def test_nothing_stale_is_read(steps: list[tuple[tuple[str, int, int], ...]]) -> None:
    reader = CachedReader()
    tokens, lengths = torch.zeros(ROWS, CONTEXT, dtype=torch.int64), torch.ones(ROWS).long()
    for changes in steps:
        for row, (kind, place, token) in enumerate(changes):
            apply(tokens, lengths, row, kind, place, token)
        states = reader.last_states(LLAMA, tokens, lengths)
        torch.testing.assert_close(states, read_all(LLAMA, tokens, lengths), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("make", [gpt2, gpt_neox])
def test_other_architectures_are_read_alike(make: Any) -> None:
    model = make()
    assert has_plain_attention(model)
    reader = CachedReader()
    tokens = torch.randint(0, TOKENS, (ROWS, CONTEXT))
    for lengths in ([1, 3, 2], [2, 4, 2], [3, 5, 7], [4, 1, 8]):
        states = reader.last_states(model, tokens, torch.tensor(lengths))
        torch.testing.assert_close(states, read_all(model, tokens, torch.tensor(lengths)))


def test_only_new_tokens_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    embed = LLAMA.get_input_embeddings().forward

    def note(tokens: Tensor) -> Tensor:
        read.append(tokens.shape)
        embedded: Tensor = embed(tokens)
        return embedded

    monkeypatch.setattr(LLAMA.get_input_embeddings(), "forward", note)
    reader = CachedReader()
    tokens = torch.randint(0, TOKENS, (ROWS, CONTEXT))
    reader.last_states(LLAMA, tokens, torch.tensor([4, 5, 6]))
    reader.last_states(LLAMA, tokens, torch.tensor([5, 6, 7]))
    tokens[1, 2] = (tokens[1, 2] + 1) % TOKENS
    reader.last_states(LLAMA, tokens, torch.tensor([6, 7, 8]))
    assert read == [(3, 5), (3, 1), (3, 1), (1, 4), (3, 1)]


def test_changed_parameters_make_everything_stale() -> None:
    model = tiny_llama(TOKENS, seed=1)
    reader = CachedReader()
    tokens, lengths = torch.randint(0, TOKENS, (ROWS, CONTEXT)), torch.tensor([4, 5, 6])
    reader.last_states(model, tokens, lengths)
    optimizer = torch.optim.Adam(model.parameters(), 0.1)
    loss: Tensor = model(tokens).logits.logsumexp(-1).sum()
    torch.autograd.backward(loss)
    other = tiny_llama(TOKENS).state_dict()
    changes: list[Callable[[], object]] = [optimizer.step, lambda: model.load_state_dict(other)]
    for change in changes:
        change()
        states = reader.last_states(model, tokens, lengths)
        torch.testing.assert_close(states, read_all(model, tokens, lengths))


def test_another_number_of_texts_or_a_longer_context_starts_over() -> None:
    reader = CachedReader()
    for rows, context in ((3, 8), (1, 8), (3, 8), (3, 12)):
        tokens, lengths = torch.randint(0, TOKENS, (rows, context)), torch.full((rows,), 7)
        states = reader.last_states(LLAMA, tokens, lengths)
        torch.testing.assert_close(states, read_all(LLAMA, tokens, lengths))


def test_attention_that_adds_its_mask_is_read_without_a_cache() -> None:
    model = gpt2()
    model.set_attn_implementation("eager")
    assert not has_plain_attention(model)
    reader, tokens = CachedReader(), torch.randint(0, TOKENS, (ROWS, CONTEXT))
    for lengths in ([1, 3, 2], [2, 4, 5]):
        states = reader.last_states(model, tokens, torch.tensor(lengths))
        torch.testing.assert_close(states, read_all(model, tokens, torch.tensor(lengths)))


def test_windowed_attention_is_read_without_a_cache() -> None:
    from transformers import MistralConfig, MistralForCausalLM

    config = MistralConfig(
        vocab_size=TOKENS,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        sliding_window=3,
    )
    model = MistralForCausalLM(config).eval()
    assert not has_plain_attention(model)
    tokens, lengths = torch.randint(0, TOKENS, (ROWS, CONTEXT)), torch.tensor([4, 9, 10])
    states = CachedReader().last_states(model, tokens, lengths)
    with torch.no_grad():
        whole = model.model(tokens).last_hidden_state[torch.arange(ROWS), lengths - 1]
    torch.testing.assert_close(states, whole)
