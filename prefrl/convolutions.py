"""Convolutional layers of an ensemble, its members computed in one grouped convolution."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

LAYERS = ((16, 7, 3), (16, 5, 2), (16, 3, 2))
"""Filters, kernel and stride of each layer.

After Christiano et al. 2017 (appendix A.2), who have one more layer of 3x3, strides of 1 in both of
those, batch normalisation and dropout. With padding, so that frames of any size are large enough.
"""


class EnsembleConvolutions(nn.Module):
    """Turns frames into features, each member with weights of its own.

    Args:
        members: The number of members M.
        shape: Channels, height and width of the frames.
        draw: Gives the initial weights.

    Attributes:
        size: Features per frame.
    """

    def __init__(self, members: int, shape: tuple[int, int, int], draw: torch.Generator) -> None:
        """Draw the initial weights as torch.nn.Conv2d does."""
        super().__init__()
        self.members = members
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        channels, height, width = shape
        for filters, kernel, stride in LAYERS:
            bound = 1 / math.sqrt(channels * kernel**2)
            size = members, filters, channels, kernel, kernel
            weight = torch.empty(size).uniform_(-bound, bound, generator=draw)
            bias = torch.empty(members, filters).uniform_(-bound, bound, generator=draw)
            self.weights.append(nn.Parameter(weight))
            self.biases.append(nn.Parameter(bias))
            channels, height, width = filters, -(-height // stride), -(-width // stride)
        self.size = channels * height * width

    def forward(self, frames: Tensor) -> Tensor:
        """Return features, `[M, B, size]`, for each member's frames, `[M, B, C, h, w]` bytes."""
        count = frames.shape[1]
        hidden = frames.transpose(0, 1).flatten(1, 2).float() / 255
        for weight, bias, (_, kernel, stride) in zip(
            self.weights, self.biases, LAYERS, strict=True
        ):
            hidden = functional.conv2d(
                hidden,
                weight.flatten(0, 1),
                bias.flatten(),
                stride=stride,
                padding=kernel // 2,
                groups=self.members,
            )
            hidden = functional.leaky_relu(hidden, 0.01)
        return hidden.reshape(count, self.members, self.size).transpose(0, 1)
