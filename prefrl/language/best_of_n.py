"""Best-of-n sampling, and what it is worth, estimated without bias for every n at once."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from prefrl.trees import Array, Tree, tree_map

Scores = NDArray[np.floating]


def best_of_n(
    starts: Tree, n: int, *, write: Callable[[Tree], Tree], score: Callable[[Tree], Scores]
) -> tuple[Tree, Scores]:
    """Write n texts for each start and return the best of each, with its score.

    Args:
        starts: What texts begin with, `[P, *obs]`, such as first observations.
        n: Texts per start, at least 1.
        write: Finishes texts, `[P * n, *obs]`; those of one start follow each other.
        score: Gives the scores of finished texts, `[P * n]`.

    Returns:
        The chosen texts, `[P, *obs]`, and their scores, `[P]`.
    """
    texts = write(tree_map(lambda array: np.repeat(array, n, 0), starts))
    scores = score(texts).reshape(-1, n)
    best = scores.argmax(1)
    places = np.arange(len(best)) * n + best
    return tree_map(lambda array: array[places], texts), scores.max(1)


def expected_best(proxy: Array, gold: Array, n: int) -> Scores:
    """Return the expected gold score of the text of n that has the highest proxy score.

    The mean over all choices of n out of N texts, which is unbiased (Nakano et al. 2021; Gao et al.
    2022, section 2): sorted by proxy score, the i-th of N is the best of C(i − 1, n − 1) of the
    C(N, n) choices. Of equal proxy scores any is as likely to be named the best.

    Args:
        proxy: What texts are chosen by, `[..., N]`.
        gold: What they are worth, `[..., N]`; the proxy itself for its own expected maximum.
        n: Texts of a choice, from 1 to N.

    Returns:
        `[...]`.
    """
    count = proxy.shape[-1]
    chosen = np.array([math.comb(i, n - 1) for i in range(count)], object)
    weights = (chosen / math.comb(count, n)).astype(float)
    flat = zip(proxy.reshape(-1, count), gold.reshape(-1, count), strict=True)
    values = [_shared(weights, row) @ worth for row, worth in flat]
    return np.array(values).reshape(proxy.shape[:-1])


def best_of_n_kl(n: int) -> float:
    """Return the KL divergence of best-of-n from the sampled model: log n − (n − 1) / n, in nats.

    Stiennon et al. 2020, appendix G.3. Exact where no two texts are equal.
    """
    return math.log(n) - (n - 1) / n


def _shared(weights: Scores, proxy: Array) -> Scores:
    """Return each text's weight, given those by rank; equal proxy scores share theirs."""
    _, group, sizes = np.unique(proxy, return_inverse=True, return_counts=True)
    order = np.argsort(proxy, kind="stable")
    sums = np.zeros(len(sizes))
    np.add.at(sums, group[order], weights)
    shared: Scores = (sums / sizes)[group]
    return shared
