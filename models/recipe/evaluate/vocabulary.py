"""Which words the training captions are made of, and which of a text are among them."""

import ast
import re
from pathlib import Path

# What carries no meaning of its own, in captions and everywhere.
STOP = frozenset(
    """a about above after again against all almost along am among an and another any are around as at away back be because been
    before behind being below beneath beside between both but by can cannot could did do does down during each else every
    everybody everyone everything except few for from gets go goes going got had has have he her here herself him himself his how
    i if in into is isn't it its itself just least less let like little look looks many may me might mine more most much must my
    myself near never no nobody none nor not nothing now of off on once one only onto or other our ours out outside over own past
    per please put quite rather say says she should since so some somebody someone something somewhere still such than that the
    their them themselves then there these they thing things this those though through till to together too toward towards under
    until up upon us very was we were what when where which while who whom whose why will with within without would yet you your
    yours""".split()
)  # fmt: skip
CORPUS = Path(__file__).parents[1] / "corpus"
SOURCES = ("captions.py", "words.py", "scenes.py", "instruments.py", "styles.py")


def words(text):
    """-> lower-case words of a text, without possessive 's."""
    return [re.sub(r"'s?$", "", w) for w in re.findall(r"[a-z0-9][a-z0-9']*", text.lower())]


def lemmas(word):
    """-> what a word may be a form of; two words are one if these meet."""
    found = {word}
    for end, instead in (("s", ""), ("es", ""), ("ies", "y"), ("ing", ""), ("ing", "e"), ("ed", ""), ("ed", "e"), ("ly", ""), ("er", ""), ("ers", ""), ("ist", ""), ("ists", "")):
        if word.endswith(end) and len(word) - len(end) >= 3:
            stem = word[: -len(end)] + instead
            found.add(stem)
            if instead == "" and stem[-1:] == stem[-2:-1]:  # "running", "stopped"
                found.add(stem[:-1])
    return found


def _docstrings(tree):
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node):
            yield node.body[0].value


def caption_vocabulary():
    """-> lemmas of every word in a literal of the sources that captions are drawn from: rather too many than too few."""
    found = set()
    for name in SOURCES:
        tree = ast.parse((CORPUS / name).read_text())
        docs = set(_docstrings(tree))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docs:
                for word in set(words(node.value)) - STOP:
                    found |= lemmas(word)
    return found


def shared(text, vocabulary):
    """-> the content words of a text that the captions have as well."""
    return [w for w in words(text) if w not in STOP and lemmas(w) & vocabulary]
