"""Who learns: stock PPO on preference rewards, the training loop and the command line."""
