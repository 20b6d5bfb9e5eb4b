"""A small ctypes binding to FluidSynth 2/3 that renders each part to its own stereo bus."""
import ctypes
import ctypes.util
import os

import numpy as np

RATE = 48000                            # samples a second
BLOCK = 64                              # samples in one of the synthesizer's internal blocks
SOUNDFONTS = ("/usr/share/sounds/sf2/FluidR3_GM.sf2", "/usr/share/soundfonts/FluidR3_GM.sf2")


def find_soundfont():
    """Path of the General MIDI soundfont (PRESTISSIMO_SOUNDFONT overrides it)."""
    for path in (os.environ.get("PRESTISSIMO_SOUNDFONT", ""), *SOUNDFONTS):
        if path and os.path.exists(path):
            return path
    raise FileNotFoundError("FluidR3_GM.sf2 not found; install fluid-soundfont-gm or set PRESTISSIMO_SOUNDFONT")


class Fluid:
    """One synthesizer with the soundfont loaded once; reverb and chorus off."""

    def __init__(self, soundfont=None, buses=4):
        name = ctypes.util.find_library("fluidsynth") or "libfluidsynth.so.3"
        self.lib = lib = ctypes.CDLL(name)
        self.buses = buses
        pointer, integer = ctypes.c_void_p, ctypes.c_int
        for f, result, arguments in (
                ("new_fluid_settings", pointer, []), ("new_fluid_synth", pointer, [pointer]), ("delete_fluid_synth", None, [pointer]),
                ("fluid_set_log_function", pointer, [integer, pointer, pointer]),
                ("fluid_settings_setnum", integer, [pointer, ctypes.c_char_p, ctypes.c_double]),
                ("fluid_settings_setint", integer, [pointer, ctypes.c_char_p, integer]),
                ("fluid_synth_sfload", integer, [pointer, ctypes.c_char_p, integer]),
                ("fluid_synth_get_sfont_by_id", pointer, [pointer, integer]),
                ("fluid_synth_add_sfont", integer, [pointer, pointer]), ("fluid_synth_remove_sfont", integer, [pointer, pointer]),
                ("fluid_synth_process", integer, [pointer, integer, integer, pointer, integer, pointer]),
                ("fluid_synth_noteon", integer, [pointer, integer, integer, integer]), ("fluid_synth_noteoff", integer, [pointer, integer, integer]),
                ("fluid_synth_program_select", integer, [pointer] + [integer] * 4)):
            getattr(lib, f).restype, getattr(lib, f).argtypes = result, arguments
        lib.fluid_set_log_function(2, None, None)              # warnings: giving a soundfont back causes sixteen
        self.settings = lib.new_fluid_settings()
        lib.fluid_settings_setnum(self.settings, b"synth.sample-rate", float(RATE))
        lib.fluid_settings_setnum(self.settings, b"synth.gain", 0.4)
        for key, value in ((b"synth.reverb.active", 0), (b"synth.chorus.active", 0), (b"synth.audio-channels", buses),
                           (b"synth.audio-groups", buses), (b"synth.polyphony", 256)):
            lib.fluid_settings_setint(self.settings, key, value)
        self.owner = lib.new_fluid_synth(self.settings)        # keeps the soundfont in memory
        number = lib.fluid_synth_sfload(self.owner, (soundfont or find_soundfont()).encode(), 1)
        if number < 0:
            raise RuntimeError("soundfont did not load")
        self.sfont = lib.fluid_synth_get_sfont_by_id(self.owner, number)

    def render(self, programs, notes, samples):
        """float32 [buses, 2, samples]; `programs` maps bus -> (bank, program),
        `notes` are (start sample, end sample, pitch, velocity, bus).

        A fresh synthesizer borrows the soundfont, so the result never depends on earlier renders.
        """
        lib = self.lib
        synth = lib.new_fluid_synth(self.settings)
        try:
            return self._render(synth, lib.fluid_synth_add_sfont(synth, self.sfont), programs, notes, samples)
        finally:
            lib.fluid_synth_remove_sfont(synth, self.sfont)
            lib.delete_fluid_synth(synth)

    def _render(self, synth, font, programs, notes, samples):
        lib = self.lib
        for bus, (bank, program) in programs.items():
            lib.fluid_synth_program_select(synth, bus, font, bank, program)
        events = sorted([(a, 1, p, v, c) for a, b, p, v, c in notes] + [(b, 0, p, 0, c) for a, b, p, v, c in notes])
        total = -(-samples // BLOCK) * BLOCK    # whole blocks, so that nothing is left over for the next call
        out = np.zeros((self.buses * 2, total), np.float32)
        base, stride = out.ctypes.data, out.strides[0]
        rows = ctypes.c_void_p * (self.buses * 2)
        at = 0
        for when, kind, pitch, velocity, channel in events + [(total, -1, 0, 0, 0)]:
            when = min(when, total)
            if when > at:
                ptr = rows(*[base + r * stride + 4 * at for r in range(self.buses * 2)])
                if lib.fluid_synth_process(synth, when - at, 0, None, self.buses * 2, ptr):
                    raise RuntimeError("fluid_synth_process failed")
                at = when
            if kind == 1:
                lib.fluid_synth_noteon(synth, channel, pitch, velocity)
            elif kind == 0:
                lib.fluid_synth_noteoff(synth, channel, pitch)
        return out[:, :samples].reshape(self.buses, 2, samples)
