import math

import numpy as np
import torch

from prefrl.agents.text.pretrain_copyist import losses, pretrain, recitals, share_copied
from prefrl.agents.text.pretrain_tiny import HELDOUT_SEED, make_model
from prefrl.envs.text.tasks.summarise_facts import STATEMENT
from prefrl.envs.text.tokenizer import TextTokenizer
from prefrl.language.causal_models import COPYIST, load_causal_model


def test_all_facts_are_recited() -> None:
    tokenizer = TextTokenizer()
    for text in recitals(10, 0, seed=0):
        post = STATEMENT.findall(tokenizer.decode(text.tokens[: text.start]))
        recited = STATEMENT.findall(tokenizer.decode(text.tokens[text.start :]))
        assert sorted(recited) == sorted(post)
        assert len(recited) == len(text.names) == len(text.states) == 6
        assert text.tokens[-1] == tokenizer.end


def test_places_lead_to_the_words_that_are_copied() -> None:
    tokenizer = TextTokenizer()
    for text in recitals(10, 0, seed=0):
        for before, origin in (*text.names, *text.states):
            assert origin < text.start <= before + 1
            assert text.tokens[before + 1] == text.tokens[origin]
        decoded = [tokenizer.decode([text.tokens[origin]]).strip() for _, origin in text.states]
        recited = STATEMENT.findall(tokenizer.decode(text.tokens[text.start :]))
        assert decoded == [state for _, state in recited]


def test_heads_that_look_everywhere_alike_are_charged_for_it() -> None:
    model = make_model(TextTokenizer(), 0)
    model.set_attn_implementation("eager")
    for name, weight in model.named_parameters():
        if "q_proj" in name:
            weight.data.zero_()
    (text,) = recitals(1, 0, seed=0)
    looked_at = [
        range(3, len(text.tokens) + 1),
        range(3, len(text.tokens) + 1),
        [before + 2 for before, _ in text.names],
        [before + 1 for before, _ in text.states],
        [before + 1 for before, _ in text.names],
        [(before + 1) / earlier for earlier, (before, _) in enumerate(text.names) if earlier],
    ]
    expected = sum(np.mean([math.log(seen) for seen in places]) for places in looked_at)
    assert math.isclose(float(losses(model, [text])[1].detach()), expected, rel_tol=1e-5)


def test_a_seed_fixes_the_pretraining() -> None:
    first, again, other = (pretrain(32, seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["lm_head.weight"], other["lm_head.weight"])


def test_the_shipped_model_copies() -> None:
    assert share_copied(load_causal_model(COPYIST), recitals(50, HELDOUT_SEED, seed=1)) > 0.99


@torch.no_grad()
def test_the_shipped_model_recites_everybody_once() -> None:
    model, names = load_causal_model(COPYIST), []
    for text in recitals(50, HELDOUT_SEED, seed=1):
        logits = model(input_ids=torch.tensor([text.tokens])).logits[0]
        wanted = {text.tokens[before + 1] for before, _ in text.names}
        for before, _ in text.names:
            names.append(int(logits[before].argmax()) in wanted)
            wanted.discard(text.tokens[before + 1])
    assert np.mean(names) > 0.99
