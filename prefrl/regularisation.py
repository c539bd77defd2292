"""Weight decay that keeps each member between over- and underfitting."""

import torch
from torch import Tensor


class AdaptiveL2:
    """One L2 coefficient per member, adapted from its own validation loss.

    Christiano et al. 2017, section 2.2.3: the coefficient is adjusted to keep the validation loss
    between 1.1 and 1.5 times the training loss.

    Args:
        members: The number of members M.
        initial: The first coefficient, above 0.
        low: Below this ratio of validation to training loss, regularise less.
        high: Above this ratio, regularise more.
        factor: What an adjustment multiplies or divides by, above 1.
        least: The least coefficient, above 0.
        most: The greatest.
    """

    def __init__(
        self,
        members: int,
        *,
        initial: float = 1e-4,
        low: float = 1.1,
        high: float = 1.5,
        factor: float = 1.2,
        least: float = 1e-7,
        most: float = 1.0,
    ) -> None:
        """Start every member at the initial coefficient."""
        self._low, self._high = low, high
        self._factor = factor
        self._bounds = least, most
        self.coefficients = torch.full((members,), initial, dtype=torch.float64)

    def update(self, training_loss: Tensor, validation_loss: Tensor) -> None:
        """Adjust the coefficients after an epoch.

        Args:
            training_loss: Mean loss of each member on its training comparisons, `[M]`.
            validation_loss: The same on its validation comparisons; NaN where it has none, which
                leaves its coefficient as it is.
        """
        ratio = validation_loss / training_loss
        step = torch.ones_like(self.coefficients)
        step[ratio > self._high] = self._factor
        step[ratio < self._low] = 1 / self._factor
        self.coefficients = (self.coefficients * step).clamp(*self._bounds)
