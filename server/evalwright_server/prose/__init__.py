"""What rules can tell about English prose: sentences, quantities, names, negation, refusals.

Everything here is pure, deterministic and linear in the length of the text. It knows nothing of
meaning; that is what `embeddings` is for.
"""
