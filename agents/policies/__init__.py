"""Policies for the stock PPO, beyond those of Stable-Baselines3."""
