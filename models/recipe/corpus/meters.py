"""Bars other than a style's own: three beats (3/4) and two dotted ones (6/8), where they are idiomatic.

`meter` counts the beats that `bpm` counts, here and in the server's controls.  In 6/8 that beat is the
dotted quarter, so a bar has `meter` 2 and three grid steps a beat (as in 12/8: meter 4, three steps);
counting eighths would put most tempi beyond the server's 240 beats a minute.
"""
from dataclasses import replace

WALTZ_KIT = (dict(k="x...........", s="....-...-...", f="....o...o..."), dict(k="x.......-...", r="....o...o...", d="o...o...o..."))
JAZZ_KIT = (dict(d="o...o..oo...", f="....o.......", k="-.......-...", s=".......?..?."), dict(d="x...o..-o..o", f="....x.......", k="x...........", r=".......o...."))
FOLK_KIT = (dict(k="x...........", j="....o...o..."), dict(k="x.......o...", m="o-x-o-x-o-x-", r="....o......."))
ROCK_KIT = (dict(k="x.......x...", s="....x.......", h="o.o.o.o.o.o."), dict(k="x.x.........", s="........x...", d="o.o.o.o.o.o."))
SCORE_KIT = (dict(L="x...........", k="x..........."), dict(L="x...o...o.oo", k="x...........", s="......--o.oo"))
CHIP_KIT = (dict(k="x...........", s="....o...o...", h="o.o.o.o.o.o."), dict(k="x.....x.....", s="....x...x.oo", h="oooooooooooo"))
LOFI_KIT = (dict(k="x......o....", s="....o...-...", h="o.o-o.o.o-o."), dict(k="x.........o.", r="....x...x...", h="o-o.o-o.o-o."))
# six-eight grids hold two bars of six eighths, as those of a style's own do
JIG_KIT = (dict(k="x.....x.....", j="o-oo-oo-oo-o"), dict(k="x....ox....o", r="...o.....o..", m="o-oo-oo-oo-o"))
SIX_ROCK = (dict(k="x....ox....o", s="...x.....x..", h="o.oo.oo.oo.o"), dict(k="x..x.ox..x.o", s="...x.....x..", c="x..o..x..o.."))
SIX_METAL = (dict(k="xxoxxoxxoxxo", s="...x.....x..", c="x.....x....."), dict(k="x.xx.xx.xx.x", s="...x.....x..", d="x..x..x..x.."))
SIX_SCORE = (dict(L="x.o..ox.o..o", k="x.....x....."), dict(L="x.....x..ooo", s="o--o--o--ooo"))
SIX_CHIP = (dict(k="x.....x.....", s="...x.....x..", h="o.oo.oo.oo.o"), dict(k="x..x..x..x..", s="...o.....o.o", h="oooooooooooo"))

_three = dict(meter=3, sub=4)
_six = dict(meter=2, sub=3, swing=(0.0, 0.0), bass=("rootfifth", "hold"))
_four = dict(meter=4, sub=4)
# style -> (chance, what is replaced), tried in turn; what is left keeps the style's own bars
OTHER = {
    "jazz": ((.22, dict(_three, drums=JAZZ_KIT, bass=("walking", "waltz", "walking"), comp=("charleston", "laid", "oompah"), bpm=(90, 190))),),
    "folk": ((.2, dict(_three, drums=FOLK_KIT, bass=("waltz", "hold"), comp=("oompah", "arp", "travis"))),
             (.2, dict(_six, drums=JIG_KIT, comp=("jig", "arp"), lead=("jig", "lead"), bpm=(64, 116)))),
    "ballad": ((.3, dict(_four, bpm=(60, 92), bass=("hold", "rootfifth", "lazy"), comp=("arp", "pad", "brokenchord", "laid"),
                         drums=(dict(k="x.......x.x.....", s="....x.......x...", h="o.o.o.o.o.o.o.o."), dict(k="x.....x...x.....", r="....x.......x...", d="o.o.o.o.o.o.o.o.")))),
               (.2, dict(_three, drums=ROCK_KIT + WALTZ_KIT, bass=("waltz", "hold"), comp=("arp", "pad", "oompah"), bpm=(70, 112)))),
    "orchestral": ((.22, dict(_three, drums=SCORE_KIT, bass=("waltz", "hold"), comp=("oompah", "pad", "spiccato"), bpm=(80, 168))),
                   (.18, dict(_six, drums=SIX_SCORE, comp=("jig", "pad", "arp"), lead=("jig", "broad", "lead"), bpm=(60, 124)))),
    "metal": ((.12, dict(_three, drums=ROCK_KIT, bass=("chug", "eighths"))), (.18, dict(_six, drums=SIX_METAL, comp=("chug6",), bass=("chug6",), lead=("run", "broad"), bpm=(72, 124)))),
    "rock": ((.08, dict(_three, drums=ROCK_KIT, bass=("eighths", "rootfifth"))), (.12, dict(_six, drums=SIX_ROCK, comp=("arp", "jig", "hold"), bass=("chug6", "rootfifth"), lead=("lead",), bpm=(60, 108)))),
    "celtic": ((.25, dict(_four, drums=(dict(L="x..ox.o.x..ox.o.", w="o-o-o-o-o-o-o-o-"), dict(k="x...x...x...x...", j="o-x-o-x-o-x-o-x-")), comp=("strum", "travis", "pad"), lead=("run", "lead"), bpm=(96, 140))),
               (.12, dict(_three, drums=FOLK_KIT, bass=("waltz", "hold"), comp=("oompah", "arp", "pad"), lead=("lead", "broad"), bpm=(84, 140)))),
    "chiptune": ((.12, dict(_three, drums=CHIP_KIT)), (.12, dict(_six, drums=SIX_CHIP, bass=("rootfifth", "chug6"), comp=("arp",), lead=("jig", "lead"), bpm=(80, 132)))),
    "lo-fi hip hop": ((.1, dict(_three, drums=LOFI_KIT, bass=("waltz", "hold"))),),
    "ambient": ((.15, dict(_three, drums=(dict(m="-...-...-..."),))), (.12, dict(_six, drums=(dict(m="-.....-....."),), bass=("drone", "hold"), comp=("pad", "arp"), lead=("sparse",)))),
    "blues": ((.2, dict(meter=2, drums=(dict(k="x.....x.....", s="...x.....x..", h="oooooooooooo"), dict(k="x....ox..o..", r="...x.....x..", d="o.oo.oo.oo.o")), bass=("rootfifth", "walking"),
                        comp=("arp", "jig"), bpm=(60, 88))),),
}


def metered(rng, style):
    """The style in the bars of one clip: its own, or one of OTHER's."""
    x = rng.random()
    for chance, changes in OTHER.get(style.name, ()):
        if x < chance:
            return replace(style, **changes)
        x -= chance
    return style


def signature(style):
    """'4/4', '3/4', '6/8' or '12/8'."""
    return f"{3 * style.meter}/8" if style.sub == 3 else f"{style.meter}/4"
