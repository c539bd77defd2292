from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_llama import make_tiny_llama
from written_texts import text_segment, text_spaces, text_steps

from prefrl.errors import UserError
from prefrl.fitting import RewardFitter
from prefrl.language import text_reward_model
from prefrl.language.causal_models import COPYIST, TINY, load_causal_model
from prefrl.language.scoring import hidden_states, token_log_probabilities
from prefrl.language.text_reward_model import TextRewardModel, last_states
from prefrl.queries import Query, QueryKey
from prefrl.reward_files import load_reward, save_reward
from prefrl.reward_model import make_reward_model, member_returns
from prefrl.segments import Segment, SegmentBatch
from prefrl.teachers import Answer, OracleTeacher

VOCABULARY, CONTEXT, HORIZON, END = 12, 12, 6, 1
GOOD = 7
"""The token that the oracle counts."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_tiny_llama(tmp_path / "model", vocabulary_size=VOCABULARY, context=16, end_token=END)
    return tmp_path / "model"


def _model(
    folder: Path,
    *,
    members: int = 2,
    seed: int = 0,
    lora_rank: int | None = None,
    heads_only: bool = False,
    likelihood: bool = False,
) -> TextRewardModel:
    model = make_reward_model(
        *text_spaces(VOCABULARY, CONTEXT),
        members=members,
        seed=seed,
        language_model=folder,
        horizon=HORIZON,
        lora_rank=lora_rank,
        heads_only=heads_only,
        likelihood=likelihood,
    )
    assert isinstance(model, TextRewardModel)
    return model


def _segments(count: int, seed: int = 0) -> list[Segment]:
    rng = np.random.default_rng(seed)
    segments = []
    for _ in range(count):
        written = rng.integers(2, VOCABULARY, int(rng.integers(1, HORIZON + 1))).tolist()
        if len(written) < HORIZON:
            written.append(END)
        segments.append(text_segment([5, 6], written, CONTEXT, written.count(GOOD)))
    return segments


def _comparisons(segments: list[Segment], k: int = 2) -> list[Answer]:
    choices = [tuple(segments[place : place + k]) for place in range(0, len(segments), k)]
    teacher = OracleTeacher()
    teacher.submit([Query(QueryKey("run", 0, i), choice) for i, choice in enumerate(choices)])
    return teacher.collect()


def test_the_last_step_has_the_head_of_the_last_token_and_the_others_nothing(folder: Path) -> None:
    model, segment = _model(folder), text_segment([5, 6], [7, 8, END], CONTEXT)
    rewards = model(model.inputs(SegmentBatch.from_segments([segment], HORIZON)))
    assert rewards.shape == (2, 1, HORIZON)
    assert not rewards[:, 0, [0, 1, 3, 4, 5]].any()
    tokens = torch.tensor([[5, 6, 7, 8, END]])
    for member, head in enumerate(model.heads):
        states = hidden_states(model.trunks[member], tokens, torch.tensor([5]))
        torch.testing.assert_close(rewards[member, 0, 2], head(states)[0, -1, 0])
    assert rewards[0, 0, 2] != rewards[1, 0, 2]


@torch.no_grad()
def test_a_text_that_ends_for_no_reason_to_be_seen_is_judged(folder: Path) -> None:
    model, segment = _model(folder), text_segment([5, 6], [7, 8, 9], CONTEXT)
    rewards = model(model.inputs(SegmentBatch.from_segments([segment], HORIZON)))
    assert not rewards[:, 0, [0, 1, 3, 4, 5]].any()
    tokens, length = torch.tensor([[5, 6, 7, 8, 9]]), torch.tensor([5])
    rows = torch.cat([length[:, None], torch.tensor([[2]]), tokens], 1)
    states = [last_states(trunk, rows) for trunk in model.trunks]
    expected = [head(state)[0, 0] for head, state in zip(model.heads, states, strict=True)]
    torch.testing.assert_close(rewards[:, 0, 2], torch.stack(expected))


@torch.no_grad()
def test_padding_never_matters(folder: Path) -> None:
    model, segments = _model(folder), _segments(9)
    together = member_returns(model, [tuple(segments)])[:, 0]
    for place, segment in enumerate(segments):
        alone = member_returns(model, [(segment,)])[:, 0, 0]
        torch.testing.assert_close(together[:, place], alone, atol=1e-5, rtol=1e-5)


def test_members_read_their_own_inputs(folder: Path) -> None:
    model, batch = _model(folder), SegmentBatch.from_segments(_segments(4))
    inputs = model.inputs(batch)
    own = torch.stack([inputs, inputs.flip(0)])
    torch.testing.assert_close(model.each(own)[1], model(inputs)[1].flip(0))


def test_normalisation_is_on_the_first_texts_ever_after(folder: Path) -> None:
    model, reference, later = _model(folder, members=3), _segments(300), _segments(50, seed=1)
    model.fit_normalisation(reference)
    kept = reference[::2]  # every second, to be at most 256
    tokens, lengths = _texts(kept)
    rewards = model.normalised(model.inputs(SegmentBatch.from_segments(kept))).sum(-1)
    torch.testing.assert_close(rewards.mean(1), torch.zeros(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(rewards.std(1, correction=0), torch.ones(3), atol=1e-4, rtol=0)
    before = model.score(tokens, lengths, np.full_like(lengths, 2))
    model.fit_normalisation(later)
    again = model.score(tokens, lengths, np.full_like(lengths, 2))
    np.testing.assert_allclose(again, before, atol=1e-6)


def test_predictions_are_0_but_where_a_text_ends(folder: Path) -> None:
    model = _model(folder)
    model.fit_normalisation(_segments(20))
    observations, actions = text_steps([5, 6], [7, 8, END], CONTEXT)
    rewards = model.predict(observations, actions)
    assert rewards.shape == (3,)
    assert rewards.dtype == np.float32
    assert not rewards[:2].any()
    texts = np.array([[5, 6, 7, 8, END, 0, 0, 0, 0, 0, 0, 0]] * 2)
    whole, begun = model.score(texts, np.array([5, 3]), np.array([2, 2]))
    assert rewards[2] == pytest.approx(whole, abs=1e-6)
    known = model.predict(observations, actions, np.array([True, False, False]))
    assert known[0] == pytest.approx(begun, abs=1e-6)
    assert not known[1:].any()


def test_heads_alone_read_a_text_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, segments = _model(folder, members=3, heads_only=True), _segments(60)
    assert len(model.trunks) == 1
    fitted = [name for name, value in model.named_parameters() if value.requires_grad]
    assert fitted == [f"heads.{member}.weight" for member in range(3)]
    model.fit_scales(segments)
    inputs = model.inputs(SegmentBatch.from_segments(segments))
    states = inputs[inputs[..., 0] == 1][:, 1:]
    assert len(states) == 60
    scaled = (states - model.input_mean) / model.input_std
    torch.testing.assert_close(scaled.mean(0), torch.zeros(16), atol=1e-4, rtol=0)
    torch.testing.assert_close(scaled.std(0, correction=0), torch.ones(16))
    fitter = RewardFitter(model, HORIZON, learning_rate=1e-2)
    fitter.add(_comparisons(segments))
    monkeypatch.setattr(text_reward_model, "last_states", None)
    assert fitter.fit(30).training_loss < fitter.fit(0).heldout_loss


@pytest.mark.parametrize("heads_only", [False, True])
@torch.no_grad()
def test_heads_read_how_likely_what_follows_the_prompt_is(folder: Path, heads_only: bool) -> None:
    model, segments = _model(folder, heads_only=heads_only, likelihood=True), _segments(40)
    model.temperature = 0.05
    tokens, lengths = map(torch.from_numpy, _texts(segments))
    first, second = (head.weight for head in model.heads)
    assert isinstance(first, torch.Tensor)
    assert isinstance(second, torch.Tensor)
    assert first[0, -1] == second[0, -1] == 0
    first.zero_()[0, -1] = 0.5
    model.fit_scales(segments)
    rewards = model(model.inputs(SegmentBatch.from_segments(segments)))[0].sum(-1)
    given = load_causal_model(folder)
    read = token_log_probabilities(given, tokens, lengths, temperature=0.05)
    likelihoods = read[:, 2:].sum(1)
    assert likelihoods.std() > 1
    scaled = (likelihoods - likelihoods.mean()) / likelihoods.std(correction=0)
    torch.testing.assert_close(rewards, 0.5 * 4 * scaled, atol=1e-4, rtol=1e-4)


def test_likelihoods_teach_where_mistakes_are_unlikely(tmp_path: Path) -> None:
    make_tiny_llama(tmp_path, vocabulary_size=VOCABULARY, end_token=END, spread=0.3)
    given, rated = load_causal_model(tmp_path), []
    for segment in _segments(600):
        tokens, lengths = map(torch.from_numpy, _texts([segment]))
        with torch.no_grad():
            nats = token_log_probabilities(given, tokens, lengths)[0, 2:].sum()
        written = tokens[0, 2 : int(lengths[0])].tolist()
        rated.append(text_segment([5, 6], written, CONTEXT, float(nats)))
    accuracies = []
    for likelihood in (False, True):
        model = _model(tmp_path, heads_only=True, likelihood=likelihood)
        model.fit_scales(rated)
        fitter = RewardFitter(model, HORIZON, noise=0.0, learning_rate=1e-2)
        fitter.add(_comparisons(rated))
        accuracies.append(fitter.fit(30).heldout_accuracy)
    assert accuracies[1] > max(0.9, accuracies[0] + 0.1), accuracies


def test_rewards_that_read_likelihoods_give_no_value_head(folder: Path) -> None:
    with pytest.raises(ValueError, match="likelihoods"):
        _model(folder, likelihood=True).value_head()


@pytest.mark.parametrize("heads_only", [False, True])
def test_a_value_head_gives_the_reward_from_hidden_states(folder: Path, heads_only: bool) -> None:
    model, segments = _model(folder, heads_only=heads_only), _segments(30)
    model.fit_scales(segments)
    model.fit_normalisation(segments)
    weight, bias = model.value_head(1 - heads_only)
    tokens, lengths = _texts(segments)
    states = hidden_states(
        model.trunks[1 - heads_only], torch.from_numpy(tokens), torch.from_numpy(lengths)
    )
    values = (states @ weight[0] + bias)[torch.arange(30), lengths - 1]
    batch = SegmentBatch.from_segments(segments)
    expected = model.normalised(model.inputs(batch))[1 - heads_only].sum(-1)
    torch.testing.assert_close(values, expected, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("k", [2, 4])
def test_comparisons_are_fitted(tmp_path: Path, k: int) -> None:
    make_tiny_llama(tmp_path, vocabulary_size=VOCABULARY, end_token=END, spread=0.1)
    model = _model(tmp_path)
    fitter = RewardFitter(model, HORIZON, noise=0.0, learning_rate=3e-3)
    fitter.add(_comparisons(_segments(160 * k), k))
    report = fitter.fit(8)
    segments = _segments(100, seed=9)
    returns = member_returns(model, [tuple(segments)])[:, 0].mean(0).numpy()
    true = [segment.true_return for segment in segments]
    assert np.corrcoef(returns, true)[0, 1] > 0.85
    assert report.heldout_accuracy > 0.9


def test_only_heads_decay(folder: Path) -> None:
    model = _model(folder)
    weights = [weight.detach() for weight in model.heads.parameters()]
    expected = [float(weight.square().sum()) for weight in weights]
    assert model.squared_norms().tolist() == pytest.approx(expected)


@pytest.mark.parametrize("likelihood", [False, True])
@pytest.mark.parametrize(("lora_rank", "heads_only"), [(None, False), (2, False), (None, True)])
def test_saved_and_loaded(
    folder: Path, tmp_path: Path, lora_rank: int | None, heads_only: bool, likelihood: bool
) -> None:
    model = _model(
        folder, seed=3, lora_rank=lora_rank, heads_only=heads_only, likelihood=likelihood
    )
    fitter = RewardFitter(model, HORIZON, learning_rate=1e-2)
    segments = _segments(20)
    model.fit_scales(segments)
    fitter.add(_comparisons(segments))
    fitter.fit(1)
    model.fit_normalisation(segments)
    save_reward(tmp_path / "reward", model)
    loaded = load_reward(tmp_path / "reward")
    batch = SegmentBatch.from_segments(segments)
    assert isinstance(loaded, TextRewardModel)
    assert torch.equal(
        loaded.normalised(loaded.inputs(batch)), model.normalised(model.inputs(batch))
    )
    assert torch.equal(loaded.references, model.references)
    saved = (tmp_path / "reward" / "reward.safetensors").stat().st_size
    whole = sum(value.numel() for value in model.trunks.parameters()) * 4
    assert (saved < whole) == (lora_rank is not None or heads_only)


def test_a_run_can_be_moved(tmp_path: Path) -> None:
    run = tmp_path / "run"
    make_tiny_llama(run / "model", vocabulary_size=VOCABULARY, end_token=END)
    save_reward(run / "checkpoints" / "000001", _model(run / "model"))
    run.rename(tmp_path / "moved")
    load_reward(tmp_path / "moved" / "checkpoints" / "000001")


@pytest.mark.parametrize("shipped", [TINY, COPYIST], ids=["tiny", "copyist"])
def test_models_that_ship_are_found_where_the_package_is(shipped: Path, tmp_path: Path) -> None:
    made = make_reward_model(*text_spaces(912, CONTEXT), language_model=shipped, horizon=HORIZON)
    save_reward(tmp_path / "reward", made)
    assert str(shipped.parent) not in (tmp_path / "reward" / "reward.json").read_text()
    loaded = load_reward(tmp_path / "reward")
    assert isinstance(loaded, TextRewardModel)
    assert loaded.language_model == shipped


def test_a_lost_language_model_is_named(folder: Path, tmp_path: Path) -> None:
    save_reward(tmp_path / "reward", _model(folder))
    folder.rename(tmp_path / "elsewhere")
    with pytest.raises(UserError, match="is no folder of a language model"):
        load_reward(tmp_path / "reward")


def test_a_seed_fixes_heads_and_adapters(folder: Path) -> None:
    def weights(seed: int) -> torch.Tensor:
        model = _model(folder, seed=seed, lora_rank=2)
        fitted = [value.flatten() for value in model.parameters() if value.requires_grad]
        return torch.cat(fitted).detach()

    assert torch.equal(weights(0), weights(0))
    assert not torch.equal(weights(0), weights(1))


def test_a_language_model_that_does_not_fit(folder: Path) -> None:
    for vocabulary, context, fault in (
        (VOCABULARY + 1, CONTEXT, "do not match"),
        (VOCABULARY, 17, "reads at most 16"),
    ):
        with pytest.raises(UserError, match=fault):
            make_reward_model(*text_spaces(vocabulary, context), language_model=folder)


def _texts(segments: list[Segment]) -> tuple[np.ndarray, np.ndarray]:
    texts = np.zeros((len(segments), CONTEXT), np.int64)
    lengths = np.zeros(len(segments), np.int64)
    for row, segment in enumerate(segments):
        assert isinstance(segment.observations, dict)
        lengths[row] = segment.observations["length"][-1, 0] + 1
        texts[row] = segment.observations["tokens"][-1]
        texts[row, lengths[row] - 1] = segment.actions[-1]
    return texts, lengths
