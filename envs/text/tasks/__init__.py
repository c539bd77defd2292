"""Small tasks with generated texts: a grammar, and a gold scorer that is a fixed function."""
