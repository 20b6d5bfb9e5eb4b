"""Instrument names: General MIDI programs (int) or built-in synth patches (str)."""

GM = {
    "grand piano": 0, "bright piano": 1, "honky-tonk piano": 3, "electric piano": 4, "FM electric piano": 5,
    "harpsichord": 6, "clavinet": 7, "celesta": 8, "glockenspiel": 9, "music box": 10, "vibraphone": 11,
    "marimba": 12, "xylophone": 13, "tubular bells": 14, "dulcimer": 15, "drawbar organ": 16,
    "percussive organ": 17, "rock organ": 18, "church organ": 19, "accordion": 21, "harmonica": 22,
    "nylon guitar": 24, "acoustic guitar": 25, "jazz guitar": 26, "clean electric guitar": 27,
    "muted guitar": 28, "overdriven guitar": 29, "distorted guitar": 30, "upright bass": 32,
    "fingered bass": 33, "picked bass": 34, "fretless bass": 35, "slap bass": 36, "synth bass": 38,
    "violin": 40, "viola": 41, "cello": 42, "contrabass": 43, "tremolo strings": 44, "pizzicato strings": 45,
    "harp": 46, "timpani": 47, "string ensemble": 48, "slow strings": 49, "synth strings": 50,
    "choir": 52, "trumpet": 56, "trombone": 57, "tuba": 58, "muted trumpet": 59, "french horn": 60,
    "brass section": 61, "synth brass": 62, "soprano sax": 64, "alto sax": 65, "tenor sax": 66,
    "oboe": 68, "english horn": 69, "bassoon": 70, "clarinet": 71, "piccolo": 72, "flute": 73,
    "recorder": 74, "pan flute": 75, "whistle": 78, "ocarina": 79, "warm pad": 89, "polysynth pad": 90,
    "space pad": 91, "bowed glass pad": 92, "halo pad": 94, "sweep pad": 95, "sitar": 104, "banjo": 105,
    "kalimba": 108, "bagpipe": 109, "fiddle": 110, "steel drums": 114,
}
SYNTH = {
    "supersaw": "supersaw", "saw pad": "sawpad", "synth pluck": "pluck", "square lead": "squarelead",
    "saw lead": "sawlead", "pulse lead": "pulse25", "thin pulse lead": "pulse12", "chip arpeggio": "chiparp",
    "triangle bass": "tribass", "sub bass": "sub", "808 bass": "808", "saw bass": "sawbass",
    "acid bass": "acid", "reese bass": "reese", "sine bell": "bell", "soft sine lead": "sinelead",
    "dub stab": "dubstab", "FM percussion": "fmperc", "organ stab": "organstab", "glass pad": "glasspad",
}
# kit name -> GM drum program (int) or built-in kit (str)
KITS = {
    "acoustic drum kit": 0, "room drum kit": 8, "power drum kit": 16, "electronic drum kit": 24,
    "TR-808 style GM kit": 25, "jazz drum kit": 32, "brushed drum kit": 40, "orchestral percussion": 48,
    "909-style drum machine": "909", "808-style drum machine": "808kit", "8-bit noise drums": "chipkit",
    "gated 80s drum machine": "80s",
}
DRUM_NOTES = {"k": 36, "s": 38, "r": 37, "p": 39, "h": 42, "f": 44, "o": 46, "c": 49, "d": 51, "t": 45,
              "T": 50, "L": 41, "m": 70, "j": 54, "g": 63, "G": 64, "b": 56, "w": 76, "e": 53}


def patch(name):
    """GM program number, built-in patch name, or kit of the instrument called `name`."""
    for table in (GM, SYNTH, KITS):
        if name in table:
            return table[name]
    raise KeyError(name)
