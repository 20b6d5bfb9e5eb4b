"""Density that is heard: the same music with fewer or more onsets a second.

Density d asks for 2 ** (4 d) onsets a second, the scale of the control that a model learns:
0 is one a second, 1 is sixteen.  Between SPARSE and DENSE the players' own patterns stay.
"""
import math

from .instruments import DRUM_NOTES
from .theory import scale_step

SPARSE, DENSE = .28, .8
HATS = "hdmjwLs"                        # lanes that may carry a steady pulse, best first


def step(clip, value):
    """Beats between onsets, of those that the bar has, whose rate comes nearest to density `value`."""
    meter, beats_a_second = clip.style.meter, clip.bpm / 60
    options = [meter, 1, 1 / 3] if clip.style.sub == 3 else [meter, 1, .5, .25] + [2] * (meter == 4)
    if clip.bpm < 84:
        options.append(options[2] / 2 if clip.style.sub == 3 else .125)
    return min(options, key=lambda s: abs(math.log2(beats_a_second / s) - 4 * value))


def _attacks(notes):
    """Groups of notes struck together (a strum within 0.06 beats counts), in time."""
    groups = []
    for n in sorted(notes):
        if groups and n[0] - groups[-1][0][0] < .06:
            groups[-1].append(n)
        else:
            groups.append([n])
    return groups


def _thin(clip, section, notes, part, gap):
    """One attack in every `gap` beats; it sounds until the next one or until its chord ends."""
    if part == 0:
        return [n for n in notes if abs((n[0] - section.beat + gap / 2) % gap - gap / 2) < .02]
    kept = {}
    for group in _attacks(notes):
        k = int((group[0][0] - section.beat + .01) // gap)
        begin = section.beat + k * gap
        if clip.chord_at(begin) is clip.chord_at(group[0][0] + .01):    # parts move together, and a strum is one stroke
            group = [(begin,) + n[1:] for n in group]
        kept.setdefault(k, group)
    groups, out = [kept[k] for k in sorted(kept)], []
    for group, following in zip(groups, groups[1:] + [None]):
        chord = clip.chord_at(group[0][0] + .01)
        end = min(following[0][0] if following else section.beat + section.beats, chord.beat + chord.beats if part != 3 else math.inf)
        out += [(b, max(d, .96 * (end - b)), p, v, k) for b, d, p, v, k in group]
    return out


def _figure(clip, group, part, count):
    """`count` lists of pitches in place of one attack: octaves, broken chords, or a turn around the note."""
    pitches = sorted(n[2] for n in group)
    if part == 1:
        return [[pitches[0] + (12 if k % 4 == 2 and pitches[0] < 44 else 0)] for k in range(count)]
    if part == 2:
        if clip.comp_mode in ("pad", "hold", "laid", "charleston") or len(pitches) < 3:
            ladder = pitches + pitches[-2:0:-1]
            return [[ladder[k % len(ladder)]] if k else pitches for k in range(count)]
        return [pitches if k % 2 == 0 else pitches[-2:] for k in range(count)]
    turn = clip.turn
    return [[scale_step(pitches[-1], turn[k % len(turn)], clip.lead_pcs) if k else pitches[-1]] for k in range(count)]


def _thicken(clip, section, notes, part, gap):
    """Every attack is followed by others at `gap` beats until the next one, or until its chord ends."""
    gap = max(gap, .25) if clip.style.sub == 4 else gap
    groups, out = _attacks(notes), []
    for group, following in zip(groups, groups[1:] + [None]):
        start, chord = group[0][0], clip.chord_at(group[0][0] + .01)
        end = min(following[0][0] if following else section.beat + section.beats, chord.beat + chord.beats)
        if part == 3:
            end = min(end, start + max(n[1] for n in group) + gap)      # rests between phrases stay
        count = max(1, int((end - start) / gap + .05))
        if count == 1:
            out += group
            continue
        v, index = max(n[3] for n in group), group[0][4]
        for k, pitches in enumerate(_figure(clip, group, part, count)):
            out += [(start + k * gap, .9 * gap, p, v if k == 0 else int(v * (.86 if k % 2 == 0 else .74)), index) for p in pitches]
    return out


def _pulse(rng, clip, section, notes, gap):
    """Drums with a steady pulse at `gap` beats on a hat or what stands for it, and a few more ghost hits."""
    lane = next((x for x in HATS if x in clip.groove), "h")
    pitch = DRUM_NOTES[lane]
    taken = {round(n[0], 2) for n in notes if n[2] == pitch}
    out = list(notes)
    for k in range(int(section.beats / gap + .5)):
        beat = section.beat + k * gap
        if round(beat, 2) not in taken:
            out.append((beat, .1, pitch, 84 if k % 2 == 0 else 66, 0))
        if k % 2 and rng.random() < .12:
            out.append((beat, .1, DRUM_NOTES["s"], 50, 0))
    return out


def shape(rng, clip, section, part, notes):
    """The notes of one part (index) in one section, as many as the section's density asks for."""
    gap = step(clip, section.density)
    if not notes:
        return notes
    if section.density < SPARSE:
        return _thin(clip, section, notes, part, max(1, gap))
    if section.density > DENSE:
        gap = min(gap, .5)
        return _pulse(rng, clip, section, notes, gap) if part == 0 else _thicken(clip, section, notes, part, gap)
    return notes
