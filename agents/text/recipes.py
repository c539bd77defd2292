"""Settings of published systems, as words of `prefrl train`."""

import shlex
from dataclasses import dataclass

from prefrl.errors import UserError


@dataclass(frozen=True)
class PublishedSystem:
    """What to train as one paper did, on a task small enough for a processor.

    Attributes:
        name: The word that chooses it.
        source: The paper.
        idea: What is special about it, in a sentence.
        words: What `prefrl train` gets.
    """

    name: str
    source: str
    idea: str
    words: tuple[str, ...]

    @property
    def command(self) -> str:
        """What does the same on the command line."""
        return shlex.join(("prefrl", "train", *self.words))


def recipe_named(name: str) -> PublishedSystem:
    """Return a system by its name.

    Raises:
        UserError: If there is none of this name.
    """
    for recipe in RECIPES:
        if recipe.name == name:
            return recipe
    known = ", ".join(recipe.name for recipe in RECIPES)
    raise UserError(f"there is no recipe {name!r}; known are: {known}")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


RECIPES = (
    PublishedSystem(
        "ziegler",
        "Ziegler et al. 2019, Fine-Tuning Language Models from Human Preferences",
        "The best of four continuations is named; the KL penalty is steered to a target; policy "
        "and value share a trunk.",
        _words(
            "prefrl/Sentiment-v0 --labels 1000 --options 4 --initial-share 1.0 "
            "--critic shared --kl-target 5 --kl-coefficient 0.15 --missing-end-penalty 1"
        ),
    ),
    PublishedSystem(
        "stiennon",
        "Stiennon et al. 2020, Learning to Summarize from Human Feedback",
        "The model is fitted to reference summaries first; pairs are compared before it trains on "
        "the reward, which also reads likelihoods; the KL penalty is fixed.",
        _words(
            "prefrl/SummariseFacts-v0 --labels 2000 --initial-share 1 --supervised-texts 30000 "
            "--reward-likelihood True --kl-target 0 --kl-coefficient 0.05 --missing-end-penalty 1 "
            "--learning-rate 2e-4 --steps 400000 --rounds 10"
        ),
    ),
    PublishedSystem(
        "nlpo",
        "Ramamurthy et al. 2022, Is Reinforcement Learning (Not) for Natural Language Processing?",
        "Tokens are drawn from the nucleus of an older policy, which is replaced now and then; "
        "the reward is the task's own.",
        _words(
            "prefrl/IncreasingNumbers-v0 --reward true --mask-share 0.9 --mask-updates 50 "
            "--kl-target 0 --kl-coefficient 0.01 --steps 480000"
        ),
    ),
)
