"""What is kept from training, so that the test split can tell generalising from remembering."""
import hashlib
import re

# Sounds that only test clips play: about one in twelve of those that the styles name.
SOUNDS = {"oboe", "clavinet", "banjo", "fretless bass", "sweep pad", "muted trumpet", "percussive organ", "electronic drum kit"}
# Words that only a test clip's captions join with the style; each list has some for every energy of a dark mode.
MOODS = {
    "reggae": ("ominous", "stormy", "brooding", "haunting", "mysterious", "mournful", "desolate", "eerie"),
    "synthwave": ("heroic", "fiery", "noir", "wistful", "sly", "tearful", "fragile", "misty"),
    "waltz": ("aggressive", "menacing", "gritty", "suspenseful", "shadowy", "gloomy", "spooky", "bleak"),
}
TEST_SHARE = .5                         # of the choices of a test clip that held-out sounds are preferred in


def split_of(name):
    """train, val or test (92/4/4) by a hash of the clip's name, 'seed-id'."""
    h = int(hashlib.sha256(name.encode()).hexdigest(), 16) % 100
    return "train" if h < 92 else "val" if h < 96 else "test"


def choose(rng, names, split):
    """One of `names`; held-out sounds only in the test split, and there often."""
    held = [n for n in names if n in SOUNDS]
    if split == "test" and held and rng.random() < TEST_SHARE:
        return rng.choice(held)
    return rng.choice([n for n in names if n not in SOUNDS])


def mood_words(style):
    """Pattern of the held-out words of the style called `style`, or None."""
    return re.compile(rf"\b({'|'.join(MOODS[style])})\b", re.I) if style in MOODS else None
