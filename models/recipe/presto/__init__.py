"""Presto! (Novack et al., ICLR 2025): distillation of layers (`layers`), of steps (`steps`), and of both.

The stages know a model by the small interface in `interface`; `music` fits the base model to it, the
toy in `recipe/tests` another.
"""
