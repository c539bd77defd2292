"""Loading, fitting and scoring with causal language models."""
