"""The labelling page: people watch comparisons in a browser and say which is better."""
