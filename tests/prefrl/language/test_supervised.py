from pathlib import Path

import pytest
import torch
from tiny_llama import make_tiny_llama

from prefrl.language import scoring
from prefrl.language.causal_models import load_causal_model
from prefrl.language.scoring import token_log_probabilities
from prefrl.language.supervised import fit_language_model, mean_loss, pad

TEXTS = [[5, 6, 7, 1], [5, 9, 1], [5, 6, 8, 10, 11, 1]]


def test_padding_keeps_texts() -> None:
    tokens, lengths = pad(TEXTS)
    assert [row[:length].tolist() for row, length in zip(tokens, lengths, strict=True)] == TEXTS
    assert not tokens[torch.arange(6) >= lengths[:, None]].any()


def test_loss_is_the_mean_over_tokens(tmp_path: Path) -> None:
    model = make_tiny_llama(tmp_path)
    tokens, lengths = pad(TEXTS)
    expected = -token_log_probabilities(model, tokens, lengths).detach().sum() / (3 + 2 + 5)
    assert mean_loss(model, TEXTS) == pytest.approx(float(expected), rel=1e-5)


def test_prompts_are_not_learned(tmp_path: Path) -> None:
    model = make_tiny_llama(tmp_path)
    tokens, lengths = pad(TEXTS)
    log_probabilities = token_log_probabilities(model, tokens, lengths).detach()
    expected = -(log_probabilities[0, 2:4].sum() + log_probabilities[2, 5]) / 3
    assert mean_loss(model, TEXTS, [2, 3, 5]) == pytest.approx(float(expected), rel=1e-5)


def test_texts_are_learned_to_their_entropy(tmp_path: Path) -> None:
    model = make_tiny_llama(tmp_path)
    losses = []
    fit_language_model(
        model,
        TEXTS * 20,
        epochs=20,
        batch_size=10,
        learning_rate=1e-2,
        progress=lambda share, loss: losses.append(loss),
    )
    # After 5 follows 6 twice in three times; after 5, 6 follow 7 and 8 equally often.
    entropy = (3 * 0.6365 + 2 * 0.6931) / (3 + 2 + 5)
    assert mean_loss(model, TEXTS) == pytest.approx(entropy, abs=0.02)
    assert len(losses) == 20 * 6
    assert losses[0] > losses[-1]


def test_a_seed_fixes_the_fit_and_micro_batches_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_tiny_llama(tmp_path)

    def fitted(seed: int) -> torch.Tensor:
        model = load_causal_model(tmp_path)
        fit_language_model(model, TEXTS * 4, batch_size=5, seed=seed)
        return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])

    first = fitted(0)
    assert torch.equal(first, fitted(0))
    assert not torch.equal(first, fitted(1))
    monkeypatch.setattr(scoring, "MOST_TOKENS", 7)
    torch.testing.assert_close(fitted(0), first, atol=2e-4, rtol=1e-4)


def test_frozen_parameters_stay(tmp_path: Path) -> None:
    model = make_tiny_llama(tmp_path)
    model.requires_grad_(False)
    head = model.get_output_embeddings().weight.requires_grad_(True)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    fit_language_model(model, TEXTS)
    changed = {n for n, value in model.state_dict().items() if not torch.equal(value, before[n])}
    assert changed == {"model.embed_tokens.weight", "lm_head.weight"}  # tied
    assert head.requires_grad
