"""Style data: tempi, modes, progressions, patterns and instruments for each style.

Drum grids have `sub` steps a beat; x accent, o normal, - ghost, ? sometimes.
Progression tokens are explained at theory.chord_from_token.
"""
from dataclasses import dataclass, field


@dataclass
class Style:
    name: str
    bpm: tuple                      # log-uniform range, beats a minute
    modes: tuple
    progs: tuple                    # strings of chord tokens, one bar each ('a+b': half a bar each)
    drums: tuple                    # dicts lane -> grid over one or two bars
    kits: tuple
    bass: tuple                     # behaviours, see bass.py
    basses: tuple
    comp: tuple                     # behaviours, see harmony.py
    keys: tuple
    lead: tuple                     # behaviours, see melody.py
    leads: tuple
    meter: int = 4                  # beats a bar
    sub: int = 4                    # grid steps a beat
    swing: tuple = (0.0, 0.0)       # 0 straight .. 1 full triplet, range
    size: int = 3                   # notes in stacked chords
    reverb: float = 0.15            # wet level
    duck: float = 0.0               # sidechain depth 0..1
    delay: float = 0.0              # wet level of echoes, three quarters of a beat apart, on chords and melody
    fx: str = ""                    # "", "lofi", "chip", "drive", "wide", "rumble", "breaks", "dark"
    nodrums: float = 0.04           # chance of a clip without drums
    minor_progs: tuple = field(default=())  # used in dark modes in place of progs


FOUR = dict(k="x...x...x...x...")
POP = ("1 5 6 4", "6 4 1 5", "1 6 4 5", "4 5 3 6", "1 4 6 5", "1 3 4 5", "4 1 5 6")
POPM = ("1 6 3 7", "1 7 6 7", "1 4 6 5", "6 7 1 1", "1 3 7 4", "1 6 4 5:", "4 6 1 7", "1 1 6 7")
JAZZ = ("2 5:7 1 6:7", "1 6:7 2 5:7", "3 6:7 2 5:7", "2 5:7 1 1", "1 4 3 6:7", "1+6:7 2+5:7 3+6:7 2+5:7", "4 b7:9 1 6:7",
        "1 b3:dim7 2 5:7")
JAZZM = ("2:m7b5 5:7 1 1", "1 4:7 b7:maj7 b3:maj7", "1 6 2:m7b5 5:7", "4 5:7 1 1", "1 b2:maj7 2:m7b5 5:7")
VAMP = ("1 4", "1 4 1 5", "1:9 4:9", "1 1 4 4", "2 5:9", "1 7 4 1")
TWELVE = ("1:7 4:7 1:7 1:7 4:7 4:7 1:7 1:7 5:7 4:7 1:7 5:7", "1:7 1:7 1:7 1:7 4:7 4:7 1:7 1:7 5:7 4:7 1:7 5:7",
          "1:9 4:9 1:9 5:9")
TWELVEM = ("1:m7 1:m7 1:m7 1:m7 4:m7 4:m7 1:m7 1:m7 6:7 5:7 1:m7 5:7", "1:m7 4:m7 1:m7 5:7")
DRONE = ("1 4", "1 1 6 6", "1 2", "1 5 4 4", "6 1", "4 1 4 5", "1 7 1 4")

STYLES = {s.name: s for s in (
    Style("house", (108, 135), ("minor", "dorian", "major", "mixolydian"), ("2 5 1 6", "4 3 2 1") + POP,
          (dict(FOUR, p="....x.......x...", o="..x...x...x...x.", h="?-?-?-?-?-?-?-?-"),
           dict(FOUR, s="....o.......o...", h="o-x-o-x-o-x-o-x-", m="-?-?-?-?-?-?-?-?", g="..?o..-..o..-.?."),
           dict(FOUR, p="....x.......x..-", o="..x...x...x...x.", j="o.-.o.-.o.-.o.-.", r="...?..o....?.o..")),
          ("909-style drum machine", "909-style drum machine", "electronic drum kit", "808-style drum machine"),
          ("offbeat", "synco", "octave"), ("saw bass", "sub bass", "synth bass", "fingered bass"),
          ("stab", "housepiano", "pad", "offchord"), ("grand piano", "organ stab", "electric piano", "supersaw", "bright piano", "synth strings"),
          ("riff", "lead", "sparse"), ("synth pluck", "square lead", "saw lead", "vibraphone", "alto sax", "flute"),
          swing=(0, .3), size=4, duck=.6, reverb=.18, delay=.15, minor_progs=POPM + ("1 4 7 3",)),
    Style("techno", (118, 150), ("minor", "phrygian", "dorian"), ("1 1 1 1", "1 1 2 1", "1 1 6 7", "1 7 1 6"),
          (dict(FOUR, h="..x...x...x...x.", p="....o.......o..."), dict(FOUR, o="..x...x...x...x.", r="?..o..?..o..?.o.", h="-o-o-o-o-o-o-o-o"),
           dict(FOUR, h="o-o-o-o-o-o-o-o-", t="...?..o....?..o.", p="............x...")),
          ("909-style drum machine", "909-style drum machine", "808-style drum machine"),
          ("acid16", "rumble", "offbeat"), ("acid bass", "saw bass", "reese bass", "sub bass"),
          ("stab", "pad", "pulse", "dubstab", "dubstab"), ("dub stab", "dub stab", "saw pad", "organ stab", "sweep pad"),
          ("ostinato", "riff", "ostinato"), ("FM percussion", "FM percussion", "synth pluck", "square lead"), duck=.7, reverb=.2, delay=.4, fx="rumble"),
    Style("lo-fi hip hop", (62, 98), ("minor", "dorian", "major", "lydian"), JAZZ + ("4 3 2 1", "1 3 4 4"),
          (dict(k="x......o..x.....", s="....o.......o..-", h="o.o-o.o.o-o.o.o."), dict(k="x..o......xo....", r="....x.......x...", h="o-o.o.o-o.o-o.o."),
           dict(k="x.....x...o..?..", s="....o..-.-..o...", m="o.o.o.o.o.o.o.o.")),
          ("room drum kit", "acoustic drum kit", "808-style drum machine", "brushed drum kit"),
          ("lazy", "hold"), ("upright bass", "fingered bass", "sub bass", "fretless bass"),
          ("laid", "pad", "brokenchord"), ("electric piano", "FM electric piano", "nylon guitar", "grand piano", "vibraphone", "jazz guitar"),
          ("sparse", "lead"), ("vibraphone", "flute", "muted trumpet", "celesta", "soft sine lead", "jazz guitar", "kalimba"),
          swing=(.3, .85), size=5, fx="lofi", reverb=.14, minor_progs=JAZZM + ("1 4 7 3", "6 7 1 1", "4 7 3 6")),
    Style("ambient", (60, 110), ("major", "lydian", "minor", "dorian", "mixolydian"), DRONE,
          (dict(m="-...-...-...-..."), dict(k="x...............", r="........-..?....", m="..-...-...-...-."), dict(e="o...........-...", L="o.......-.......")),
          ("808-style drum machine", "orchestral percussion", "brushed drum kit"),
          ("drone", "hold"), ("sub bass", "contrabass", "fretless bass", "reese bass"),
          ("pad", "pad", "slowarp"), ("warm pad", "glass pad", "halo pad", "bowed glass pad", "slow strings", "choir", "saw pad", "space pad"),
          ("sparse", "slowostinato"), ("sine bell", "grand piano", "harp", "kalimba", "music box", "cello", "soft sine lead", "pan flute"),
          size=5, reverb=.42, delay=.3, fx="wide", nodrums=.85),
    Style("rock", (84, 172), ("major", "minor", "mixolydian", "dorian"), POP + ("1 b7: 4 1", "1 4 5 4"),
          (dict(k="x.....x.x.......", s="....x.......x...", h="o.o.o.o.o.o.o.o."), dict(k="x...o...x.x.....", s="....x.......x..-", d="o.o.o.o.o.o.o.o."),
           dict(k="x..x..o...x..o..", s="....x..-.-..x...", h="x.o.x.o.x.o.x.o."), dict(k="x.x.....x.x.....", s="....x.......x...", c="o...o...o...o...")),
          ("power drum kit", "acoustic drum kit", "room drum kit"), ("eighths", "rootfifth", "synco"), ("picked bass", "fingered bass"),
          ("strum", "chug", "hold"), ("overdriven guitar", "distorted guitar", "clean electric guitar", "rock organ"),
          ("lead", "riff"), ("overdriven guitar", "distorted guitar", "rock organ", "clean electric guitar", "bright piano"),
          fx="drive", reverb=.12, minor_progs=POPM),
    Style("funk", (88, 126), ("dorian", "mixolydian", "minor"), VAMP,
          (dict(k="x.x.......x..x..", s="-...x..-.-..x..-", h="xoxoxoxoxoxoxoxo"), dict(k="x..x..x...x.....", s="....x..-.-.-x...", h="o.x.o.x.o.x.o.x.", o="..............x."),
           dict(k="x.....xo..x.....", s="....x..-....x.--", h="o-o-o-o-o-o-o-o-", b="x...x...x...x...")),
          ("acoustic drum kit", "room drum kit"), ("slap16", "synco"), ("slap bass", "fingered bass", "synth bass"),
          ("funkstab", "chank", "stab"), ("clavinet", "muted guitar", "clean electric guitar", "drawbar organ", "electric piano"),
          ("riff", "lead"), ("brass section", "trumpet", "alto sax", "tenor sax", "drawbar organ", "square lead", "flute"),
          swing=(0, .35), size=5, reverb=.09),
    Style("jazz", (72, 178), ("major", "dorian", "minor", "lydian"), JAZZ,
          (dict(d="o...o..oo...o..o", f="....o.......o...", k="-...-...-...-...", s=".......?......?."), dict(d="x...o..-x...o..o", f="....x.......x...", k="?.....?.........", s="...?......?...-."),
           dict(h="o...o..oo...o..o", s="..-....?..-...?.", k="o.......o.......")),
          ("jazz drum kit", "brushed drum kit"), ("walking", "walking", "twofeel"), ("upright bass", "upright bass", "fretless bass"),
          ("charleston", "jazzcomp", "laid"), ("grand piano", "jazz guitar", "electric piano", "vibraphone", "drawbar organ"),
          ("lead", "run"), ("tenor sax", "trumpet", "muted trumpet", "alto sax", "vibraphone", "clarinet", "flute", "trombone", "jazz guitar"),
          swing=(.75, 1), size=5, reverb=.15, minor_progs=JAZZM),
    Style("orchestral", (60, 150), ("minor", "harmonic minor", "major", "lydian"), ("1 5 6 3 4 1 4 5", "1 4 1 5", "1 2 4 1", "1 6 4 5"),
          (dict(L="x.......o.......", k="x..............."), dict(k="x..o..x...x.x...", L="x.oox.o.x.oox.oo"), dict(s="o.--o.--o.--oooo", c="x...............", L="x.......x.......")),
          ("orchestral percussion",), ("hold", "eighths", "rootfifth"), ("contrabass", "cello", "tuba", "bassoon"),
          ("pad", "spiccato", "slowarp", "hold"), ("string ensemble", "tremolo strings", "pizzicato strings", "brass section", "french horn", "choir", "harp"),
          ("lead", "broad"), ("violin", "flute", "oboe", "french horn", "trumpet", "clarinet", "cello", "piccolo", "english horn", "string ensemble"),
          reverb=.34, nodrums=.3, minor_progs=("1 6 3 7", "1 4 5: 1", "1 6 4 5:", "1 3 4 5:", "1 7 6 5:", "1 b2: 5: 1")),
    Style("synthwave", (78, 128), ("minor", "dorian", "major"), POP,
          (dict(k="x.......x.......", s="....x.......x...", h="o.o.o.o.o.o.o.o."), dict(FOUR, s="....x.......x...", h="o-o-o-o-o-o-o-o-"),
           dict(k="x.....x.x.......", s="....x.......x...", h="..o...o...o...o.", t="..............xx")),
          ("gated 80s drum machine",), ("pump16", "octave", "eighths"), ("saw bass", "saw bass", "synth bass", "acid bass"),
          ("pad", "arp", "stab"), ("supersaw", "saw pad", "synth brass", "polysynth pad", "synth strings"),
          ("lead", "ostinato", "broad"), ("saw lead", "square lead", "sine bell", "synth pluck", "tenor sax", "FM electric piano"),
          duck=.35, reverb=.24, delay=.3, minor_progs=POPM),
    Style("drum and bass", (155, 180), ("minor", "dorian", "phrygian", "major"), ("1 1 6 6 4 4 5 5", "1 5 6 4", "6 6 4 4 1 1 5 5"),
          (dict(k="x.........x.....", s="....x.......x...", h="o.o.o.o.o.o.o.o."), dict(k="x.x.......xx....", s="....x..-.-..x..-", h="o.o.o.o.o.o.o.o."),
           dict(k="x.........x..o..", s="....x..-.o..x-..", d="o.o.o.o.o.o.o.o.", m="-o-o-o-o-o-o-o-o"),
           dict(k="x.x.......xx....x.x.......x.....", s="....x..o.o..x..o....x..o.o....x.", d="o.o.o.o.o.o.o.o.o.o.o.o.o.o.o.o."),
           dict(k="x.....x...x.....x.....x.........", s="....x....o..x..-....x..o.o..x.oo", h="o.o.o.o.o.o.o.o.o.o.o.o.o.o.x.o.")),
          ("room drum kit", "acoustic drum kit", "electronic drum kit", "power drum kit"),
          ("hold", "dnb", "synco"), ("reese bass", "sub bass", "808 bass", "fingered bass"),
          ("pad", "stab", "laid"), ("glass pad", "saw pad", "electric piano", "slow strings", "supersaw", "choir"),
          ("sparse", "ostinato", "lead"), ("synth pluck", "sine bell", "saw lead", "flute", "grand piano", "vibraphone"),
          size=5, duck=.25, reverb=.2, delay=.25, fx="breaks", minor_progs=("1 1 6 6", "1 7 6 7", "1 6 3 7", "1 1 4 4 6 6 7 7")),
    Style("folk", (70, 150), ("major", "mixolydian", "minor", "dorian"), ("1 4 1 5", "1 5 6 4", "1 b7: 4 1", "1 4 5 1", "1 2 4 1"),
          (dict(j="....o.......o...", k="o.......o......."), dict(m="o-x-o-x-o-x-o-x-", k="x.......x.......", r="....o.......o..."), dict(k="x...x...x...x...", p="....o.......o...")),
          ("acoustic drum kit", "brushed drum kit"), ("rootfifth", "twofeel"), ("upright bass", "fingered bass", "fretless bass"),
          ("strum", "travis", "travis"), ("acoustic guitar", "nylon guitar", "banjo", "dulcimer", "accordion"),
          ("lead", "lead"), ("fiddle", "harmonica", "flute", "whistle", "accordion", "banjo", "recorder", "acoustic guitar"),
          reverb=.13, nodrums=.4, swing=(0, .4), minor_progs=("1 7 1 7", "1 3 7 4", "1 6 7 1", "1 4 1 7")),
    Style("chiptune", (96, 180), ("major", "minor", "mixolydian", "harmonic minor"), POP + ("1 b6: b7: 1",),
          (dict(k="x.......x.......", s="....x.......x...", h="o.o.o.o.o.o.o.o."), dict(k="x..x..x.x..x..x.", s="....x.......x.oo", h="oooooooooooooooo"), dict(k="x...x...x...x...", s="....x.......x...", h="..o...o...o...o.")),
          ("8-bit noise drums",), ("octave", "eighths", "rootfifth"), ("triangle bass",), ("chiparp", "chiparp", "arp"),
          ("chip arpeggio", "thin pulse lead", "pulse lead"), ("lead", "run", "riff"), ("pulse lead", "square lead", "thin pulse lead"),
          fx="chip", reverb=.0, minor_progs=POPM),
    Style("bossa nova", (92, 148), ("major", "minor", "dorian"), JAZZ,
          (dict(k="x..ox..ox..ox..o", r="x..x..x...x..x..", h="o-o-o-o-o-o-o-o-"), dict(k="x..ox..ox..ox..o", r="..x...x..x..x...", m="o-o-o-o-o-o-o-o-"), dict(k="o..-o..-o..-o..-", m="x-o-x-o-x-o-x-o-", r="x..x..x...x..x..")),
          ("brushed drum kit", "jazz drum kit", "acoustic drum kit"), ("bossa",), ("upright bass", "fretless bass", "fingered bass"),
          ("bossacomp",), ("nylon guitar", "nylon guitar", "electric piano", "grand piano"),
          ("lead", "sparse"), ("flute", "tenor sax", "vibraphone", "clarinet", "muted trumpet", "nylon guitar"), size=5, reverb=.15, minor_progs=JAZZM),
    Style("reggae", (62, 100), ("major", "minor", "dorian", "mixolydian"), ("1 4", "1 5 6 4", "1 2 1 2", "1 4 5 4", "6 2 5 1"),
          (dict(k="........x.......", r="........x.......", h="o-o.o-o.o-o.o-o."), dict(k="x...x...x...x...", s="........x.......", h="o.x.o.x.o.x.o.x."), dict(k="x.......x.......", r="...o....x..o...?", h="o.o-o.o-o.o-o.o-")),
          ("acoustic drum kit", "room drum kit"), ("reggae",), ("fingered bass", "sub bass", "synth bass"),
          ("skank", "bubble"), ("clean electric guitar", "drawbar organ", "muted guitar", "percussive organ", "grand piano"),
          ("sparse", "riff", "lead"), ("trombone", "trumpet", "alto sax", "harmonica", "drawbar organ", "steel drums"),
          swing=(.2, .7), reverb=.2, delay=.35, minor_progs=("1 4", "1 7", "1 7 6 7", "1 4 1 5")),
    Style("trap", (62, 86), ("minor", "phrygian", "harmonic minor"), ("1 1 6 6", "1 6", "1 2 1 7", "1 6 4 5", "1 1 4 5"),
          (dict(k="x......x..x.....", p="........x.......", h="trap"), dict(k="x..x......x..x..", s="........x.......", h="trap", o="..............?."), dict(k="x.....x...o.....", p="........x......-", h="trap", r="...?......?.....")),
          ("808-style drum machine",), ("trap808",), ("808 bass", "808 bass", "sub bass"),
          ("pad", "slowarp", "brokenchord"), ("grand piano", "choir", "glass pad", "music box", "slow strings", "saw pad"),
          ("ostinato", "sparse", "riff"), ("sine bell", "flute", "synth pluck", "music box", "grand piano", "kalimba", "violin"), reverb=.22, delay=.2, fx="dark"),
    Style("waltz", (84, 176), ("major", "minor", "harmonic minor"), ("1 1 5 5 5 5 1 1", "1 6 2 5:7", "1 4 5:7 1", "1 6:7 2 5:7"),
          (dict(k="x...........", s="....-...-...", f="....o...o..."), dict(k="o...........", d="o...o..-o...", r="....-...-..."), dict(k="x...........", j="....o...o...")),
          ("brushed drum kit", "acoustic drum kit", "orchestral percussion"), ("waltz",), ("upright bass", "contrabass", "tuba", "cello"),
          ("oompah", "arp"), ("grand piano", "accordion", "string ensemble", "harp", "nylon guitar", "pizzicato strings"),
          ("lead", "broad"), ("violin", "accordion", "clarinet", "flute", "music box", "grand piano", "oboe", "celesta"),
          meter=3, reverb=.24, nodrums=.4, minor_progs=("1 1 4 1 5:7 5:7 1 1", "1 4 5:7 1", "1 6 4 5:7")),
    Style("celtic", (84, 132), ("dorian", "major", "mixolydian", "minor"), ("1 4 1 5", "1 5 4 5", "1 2 1 7", "1 4 5 1"),
          (dict(L="x..o..x..o..", w="o-oo-oo-oo-o"), dict(k="x..x..x..x..", j="o-oo-oo-oo-o"), dict(L="x.ox.ox.oxoo")),
          ("acoustic drum kit", "orchestral percussion"), ("rootfifth", "hold"), ("upright bass", "fingered bass", "cello"),
          ("jig", "arp", "pad"), ("acoustic guitar", "harp", "accordion", "dulcimer", "bagpipe"),
          ("jig", "jig", "lead"), ("fiddle", "whistle", "flute", "bagpipe", "accordion", "harp"), sub=3, reverb=.2, nodrums=.25,
          minor_progs=("1 7 1 7", "1 7 6 7", "1 3 7 1")),
    Style("ballad", (60, 84), ("major", "minor"), POP + ("1 3:7 6 4",),
          (dict(k="x.....x.....", s="...x.....x..", h="oooooooooooo"), dict(k="x....ox.....", r="...x.....x..", d="o.oo.oo.oo.o"), dict(k="x..........o", s="......x.....", h="o-oo-oo-oo-o")),
          ("acoustic drum kit", "room drum kit", "power drum kit"), ("hold", "rootfifth"), ("fingered bass", "fretless bass", "upright bass"),
          ("arp", "pad", "brokenchord"), ("grand piano", "electric piano", "acoustic guitar", "string ensemble", "rock organ"),
          ("broad", "lead"), ("violin", "alto sax", "clean electric guitar", "flute", "cello", "overdriven guitar", "oboe"), sub=3, size=4, reverb=.24, nodrums=.2,
          minor_progs=POPM),
    Style("metal", (96, 180), ("phrygian", "minor", "harmonic minor"), ("1 1 2 1", "1 6 7 1", "1 1 6 7", "1 b5: 1 2", "1 3 2 1"),
          (dict(k="xoxoxoxoxoxoxoxo", s="....x.......x...", c="x...o...o...o..."), dict(k="x.xx..x.x.xx..x.", s="....x.......x...", h="x.o.x.o.x.o.x.o."), dict(k="x.x.x.x.x.x.x.x.", s="..x...x...x...x.", d="x.x.x.x.x.x.x.x."),
           dict(k="x..x..x..x..x.x.", s="........x.......", c="x...x...x...x...")),
          ("power drum kit",), ("chug", "eighths"), ("picked bass", "fingered bass"), ("chug", "gallop"), ("distorted guitar", "distorted guitar", "overdriven guitar"),
          ("riff", "run", "broad"), ("distorted guitar", "overdriven guitar", "saw lead", "violin"), fx="drive", reverb=.1),
    Style("blues", (60, 140), ("mixolydian", "dorian"), TWELVE,
          (dict(k="x.....x.....", s="...x.....x..", h="o.oo.oo.oo.o"), dict(k="x....ox..o.o", s="...x.....x.-", d="o.oo.oo.oo.o"), dict(k="x..o..x..o..", s="...x.-...x.-", h="ooooooo.oo.o")),
          ("acoustic drum kit", "room drum kit", "brushed drum kit"), ("boogie", "walking"), ("upright bass", "fingered bass"),
          ("shuffle", "charleston", "laid"), ("overdriven guitar", "grand piano", "honky-tonk piano", "drawbar organ", "clean electric guitar"),
          ("blues", "blues"), ("harmonica", "overdriven guitar", "tenor sax", "clean electric guitar", "honky-tonk piano", "muted trumpet"),
          sub=3, size=4, reverb=.13, minor_progs=TWELVEM),
)}
for _s in ("celtic", "ballad"):         # 6/8: two dotted-quarter beats a bar; grids span two bars
    STYLES[_s].meter = 2
