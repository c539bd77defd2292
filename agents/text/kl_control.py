"""The coefficient of the KL penalty: fixed, or steered towards a target."""

LARGEST_ERROR = 0.2
"""How far a measured KL can count as off its target, as a share of it."""


class KLController:
    """Raises the coefficient while the KL is above its target and lowers it below.

    Ziegler et al. 2019 (arXiv 1909.08593, section 2.2), in the form of their released code: after n
    texts of mean KL k, the coefficient is multiplied by
    1 + n / horizon × clip(k / target − 1, −0.2, 0.2), in which n counts as the horizon at most.

    Args:
        coefficient: The first coefficient, at least 0; where there is a target, above 0.
        target: Of the KL, in nats per text, above 0; None leaves the coefficient as it is.
        horizon: Texts after which the coefficient has changed by about e^±0.2 at most.
    """

    def __init__(
        self, coefficient: float, target: float | None = None, horizon: int = 10_000
    ) -> None:
        """Start with the first coefficient."""
        self.coefficient = coefficient
        self._target, self._horizon = target, horizon

    def update(self, kl: float, texts: int) -> None:
        """Take into account what was measured with the present coefficient.

        Args:
            kl: Mean KL of the texts, in nats.
            texts: How many they were.
        """
        if self._target is None:
            return
        error = min(max(kl / self._target - 1, -LARGEST_ERROR), LARGEST_ERROR)
        self.coefficient *= 1 + error * min(1.0, texts / self._horizon)
