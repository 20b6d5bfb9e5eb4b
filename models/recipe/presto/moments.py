"""Mean and spread of what a distilled generator makes, channel by channel, brought to those of music.

Distribution matching leaves both a little off, and pieces that go on from their own output keep it so. Two vectors of the
network move them: the head's bias the mean, the bias of the gain on its input the spread. They are found by stochastic
approximation (Robbins and Monro 1951) in the generator's own continuations.
"""

import torch

LEVER = 0.6  # about how far one unit of either vector moves what it is for: c_out, and c_out c_in, summed over the steps
RATE = 0.02  # the least: of the running means, which begin as plain ones, and of the steps, which begin as 0.5 / call
WARM = 8  # calls that only measure


def patched(x, patch):
    """(batch, time, channels) -> (batch * time / patch, patch, channels), as the head writes them."""
    return x.reshape(-1, patch, x.shape[-1])


class Running:
    """Running mean (patch, channels) of latents, and power (channels) about it."""

    def __init__(self):
        self.calls, self.mean, self.power = 0, 0, 0

    def __call__(self, x):
        """x (rows, patch, channels) -> its own mean, and power about the running one."""
        self.calls += 1
        rate, mean = max(RATE, 1 / self.calls), x.mean(0)
        self.mean = self.mean + rate * (mean - self.mean)
        power = (x - self.mean).square().mean((0, 1))
        self.power = self.power + rate * (power - self.power)
        return mean, power


@torch.no_grad()
def settle(music, chains, calls, log=print):
    """Changes both vectors of a Music in place; `chains` as `music.Chains`. What they are in the last half of the calls is averaged."""
    network, patch = music.base.network, music.base.c.patch
    vectors = network.head.bias, network.gain.bias
    made, real = Running(), Running()
    sums, counted = [torch.zeros_like(v) for v in vectors], range(calls // 2, calls)
    for call in range(calls):
        latents, _, played = chains(music)
        mean, power = made(patched(latents[:, chains.context :], patch))
        wanted, wanted_power = real(patched(played[:, chains.context :], patch))
        if call >= WARM:
            rate = max(RATE, 0.5 / call) / LEVER
            vectors[0].sub_(rate * (mean - wanted).flatten())
            # The spread is off by about half of what the power is, of the power itself.
            vectors[1].sub_(rate * (power - wanted_power) / (2 * real.power))
        if call in counted:
            for total, now in zip(sums, vectors):
                total += now / len(counted)
        if call % 20 == 19:
            off, ratio = made.mean - real.mean, (made.power / real.power).sqrt()
            log(f"call {call + 1}: mean off by {float(off.square().mean().sqrt()):.3f}, spread {float(ratio.mean()):.3f} of music's", flush=True)
    for now, total in zip(vectors, sums):
        now.copy_(total)
