"""TAMER: an agent that people teach Tetris by saying "good" and "bad" while it plays.

Knox and Stone, "TAMER: Training an Agent Manually via Evaluative Reinforcement", ICDL 2008; credit
for delayed feedback: Knox and Stone, "Interactively Shaping Agents via Human Reinforcement",
K-CAP 2009. Constants are those of Knox's Java code (github.com/bradknox/tamerproject).
"""
