"""What only runs on texts do around the loop."""

from prefrl.agents.policies.causal_lm import CausalLMPolicy
from prefrl.agents.settings import RunSettings
from prefrl.language.text_reward_model import TextRewardModel
from prefrl.preference_learner import PreferenceLearner

from .evaluation import ReferenceComparison, TextEvaluation
from .policy import start_critic


class TextStages:
    """Prepares rounds on texts, and compares what the agent writes with the reference.

    Args:
        settings: The run's.
        policy: The agent's.
        preferences: What learns the reward; None with the true one.
    """

    def __init__(
        self, settings: RunSettings, policy: CausalLMPolicy, preferences: PreferenceLearner | None
    ) -> None:
        """Start with nothing compared."""
        self._settings, self._policy, self._preferences = settings, policy, preferences
        self._evaluations: dict[int, TextEvaluation] = {}

    def begin_round(self, index: int) -> None:
        """Let a round depend on nothing but parameters; before the first update, start the critic.

        Args:
            index: Of the round; the first one trains on nothing where the reward is learned.
        """
        self._policy.forget()
        if index != 1 or self._policy.critic is None or self._preferences is None:
            return
        assert isinstance(self._preferences.model, TextRewardModel)
        start_critic(self._policy, self._preferences.model)

    def evaluate(self, count: int | None = None) -> ReferenceComparison:
        """Return what agent and reference model write for the same prompts.

        Args:
            count: How many texts; by default as many as after each round.
        """
        assert self._settings.language is not None
        count = count or self._settings.language.evaluation_texts
        if count not in self._evaluations:
            evaluation = TextEvaluation(self._settings.env, self._settings.env_kwargs, count)
            self._evaluations[count] = evaluation
        return self._evaluations[count](self._policy)


def text_stages(
    settings: RunSettings, policy: object, preferences: PreferenceLearner | None
) -> TextStages | None:
    """Return what a run on texts needs, or None where the agent writes none."""
    if not isinstance(policy, CausalLMPolicy):
        return None
    return TextStages(settings, policy, preferences)
