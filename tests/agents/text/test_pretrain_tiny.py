import torch

from prefrl.agents.text.pretrain_tiny import CONTEXT, HELDOUT_SEED, encoded, make_model, pretrain
from prefrl.envs.text.tokenizer import BUNDLED, TextTokenizer
from prefrl.language.causal_models import check_fits, load_causal_model
from prefrl.language.supervised import mean_loss


def test_texts_end_with_the_end_token() -> None:
    tokenizer = TextTokenizer()
    texts = encoded("prefrl/Dates-v0", 3, 0, tokenizer)
    assert all(text[-1] == tokenizer.end and tokenizer.end not in text[:-1] for text in texts)


def test_the_model_has_about_a_million_parameters() -> None:
    model = make_model(TextTokenizer(), 0)
    assert 0.5e6 < sum(parameter.numel() for parameter in model.parameters()) < 1.1e6


def test_a_seed_fixes_the_pretraining() -> None:
    first, again, other = (pretrain(2, seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["lm_head.weight"], other["lm_head.weight"])


def test_the_shipped_model_knows_the_corpora() -> None:
    tokenizer = TextTokenizer()
    model = load_causal_model(vocabulary_size=tokenizer.size)
    check_fits(model, tokenizer.size, CONTEXT, tokenizer.end, BUNDLED)
    for env_id, most in (("prefrl/Sentiment-v0", 1.6), ("prefrl/Dates-v0", 1.1)):
        texts = encoded(env_id, 100, HELDOUT_SEED, tokenizer)
        assert mean_loss(model, texts) < most
