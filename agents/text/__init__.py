"""Language models that write texts: their settings, stages, and training data."""
