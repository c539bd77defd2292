"""Reinforcement learning from preferences."""
