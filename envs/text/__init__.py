"""Text generation, one token per action, for single episodes and for batches of them.

The rules:

- An episode starts with a prompt, drawn uniformly by the environment's own seeded generator. An
  action appends one token of the vocabulary.
- It ends (`terminated`) with the end token, after `horizon` actions, or when the context is full.
  The horizon is part of the task, so there is nothing to bootstrap from.
- The reward of the last step is what the task's scorer gives the finished text; before it is 0.
- A responder may append tokens after any action: a user's turn, a tool's output. They are no
  actions, and `is_action` is 0 there. An episode goes on after an end token that is answered. A
  reply is cut to the room that is left, and none follows the last action.
- An observation holds the tokens of prompt, actions and replies, and so is a Markov state. What is
  beyond `length` is 0 and means nothing.
- No language model is in here; tokens go in and come out, and text is only made for the scorer.
"""
