"""The denoiser: preconditioning, context, prompts and controls are wired as they should be."""

import numpy as np
import torch

from recipe import labels
from recipe.base import model
from recipe.base.data import Examples
from recipe.base.model import SIZES, Config, Network, denoise
from recipe.base.prompts import Prompts
from recipe.base.train import Base, apart, loss_of, shared
from recipe.text import associations

SMALL = Config(latents=8, dim=32, blocks=2, heads=2)


def inputs(frames=8):
    torch.manual_seed(0)
    z = torch.randn(2, frames, 8) * 0.5
    context = torch.zeros(2, frames, 9)
    return z, torch.randn(2, 8, 128), torch.randn(2, frames, labels.CHANNELS), context


def trained(network):
    """A network whose zero-initialised layers say something."""
    for p in network.parameters():
        torch.nn.init.normal_(p, std=0.1)
    return network


def test_an_untrained_network_returns_the_best_linear_guess():
    z, prompt, controls, context = inputs()
    sigma = torch.tensor([0.5, 2.0])
    d = denoise(Network(SMALL), z, sigma, prompt, controls, context)
    skip = 0.25 / (sigma**2 + 0.25)
    assert torch.allclose(d, skip[:, None, None] * z, atol=1e-6)


def test_noisy_latents_are_hidden_where_the_context_is_known():
    network = trained(Network(SMALL))
    z, prompt, controls, context = inputs()
    context[:, :4, -1] = 1
    other = z.clone()
    other[:, :4] += 3
    a = denoise(network, z, torch.ones(2), prompt, controls, context)
    b = denoise(network, other, torch.ones(2), prompt, controls, context)
    assert torch.allclose(a[:, 4:], b[:, 4:], atol=1e-5)


def test_sizes_are_what_they_are_said_to_be():
    with torch.device("meta"):
        millions = {name: sum(p.numel() for p in Network(Config(**size)).parameters()) / 1e6 for name, size in SIZES.items()}
    assert 9 < millions["pocket"] < 11
    assert 100 < millions["studio"] < 110


def test_prompt_controls_and_sigma_matter():
    network = trained(Network(SMALL))
    z, prompt, controls, context = inputs()
    base = denoise(network, z, torch.ones(2), prompt, controls, context)
    for changed in (
        denoise(network, z, torch.ones(2), -prompt, controls, context),
        denoise(network, z, torch.ones(2), prompt, -controls, context),
        denoise(network, z, torch.ones(2) * 1.1, prompt, controls, context),
    ):
        assert (changed - base).abs().max() > 1e-4


def test_what_a_gpu_runs_is_the_same_network(monkeypatch):
    network = trained(Network(SMALL))
    z, prompt, controls, context = inputs()
    written_out = denoise(network, z, torch.ones(2), prompt, controls, context)
    monkeypatch.setattr(model, "FUSED", True)
    assert torch.allclose(denoise(network, z, torch.ones(2), prompt, controls, context), written_out, atol=1e-5)


def test_a_prompt_that_fades_becomes_the_null_prompt_little_by_little():
    network = trained(Network(SMALL))
    z, prompt, controls, context = inputs()
    prompt = prompt / prompt.square().mean((1, 2), keepdim=True).sqrt()

    @torch.no_grad()
    def at(share):
        return denoise(network, z, torch.ones(2), share * prompt, controls, context)

    steps = [float((at(u + 0.05) - at(u)).abs().max()) for u in np.arange(0, 1, 0.05)]
    assert max(steps) < 4 * np.mean(steps)
    assert (at(0.0) - at(1e-4)).abs().max() < 1e-3


def test_tokens_that_keep_the_angles_of_their_embeddings_cost_nothing():
    torch.manual_seed(0)
    e = torch.randn(40, 384)
    tokens = e.reshape(40, 8, 48)
    assert apart(tokens, e) < 1e-10
    assert apart(tokens.flip(0), e) > 1e-3
    assert apart(tokens + 3, e) < 1e-10, "what all share does not count"


def test_what_all_prompts_share_is_counted_by_itself():
    torch.manual_seed(0)
    tokens = torch.randn(4000, 8, 16)
    assert shared(tokens) < 1e-3
    assert torch.isclose(shared(tokens + 1), torch.tensor(1.0), atol=0.02)


def test_the_loss_looks_at_unknown_frames_only():
    model = Base(SMALL)
    z, _, controls, _ = inputs()
    known = torch.zeros(2, 8)
    known[:, :7] = 1
    embedding = torch.zeros(2, 384)
    far = z.clone()
    far[:, 7] += 100
    small = loss_of(model, (z, controls, embedding, known), torch.ones(2), torch.Generator().manual_seed(0))
    large = loss_of(model, (far, controls, embedding, known), torch.ones(2), torch.Generator().manual_seed(0))
    assert (large > 100 * small).all()


def examples(clips=3, frames=400):
    """Clip i is i everywhere, in its latents and in its controls."""
    out = object.__new__(Examples)
    out.rng = np.random.default_rng(0)
    out.clips = [(np.full((frames, 8), i, np.float16), np.full((frames, labels.CHANNELS), i, np.float16), np.ones((1, 384), np.float16)) for i in range(1, clips + 1)]
    out.own, out.prompts = {}, None
    return out


def test_some_beginnings_are_other_music_with_its_own_controls():
    data, switched, beginnings = examples(), 0, 0
    for _ in range(60):
        z, controls, _, known = data.batch(512)
        for row, control, mask in zip(z, controls, known):
            asked = row[mask == 0].unique()
            assert len(asked) == 1, "what is to be made is one clip"
            if mask[0]:
                beginnings += 1
                switched += bool(row[0, 0] != asked)
                beat = control[:, labels.slices()["beat"]]
                assert (beat == 0).all() or torch.equal(beat[:, 0], row[:, 0])
    assert 0.05 < switched / beginnings < 0.3


def test_a_clip_that_was_played_anew_begins_so_and_goes_on_as_it_was():
    data = examples(clips=1)
    data.own = {0: (40, np.full((320, 8), -1, np.float16))}
    z, _, _, known = data.batch(2048)
    assert (z[known == 0] == 1).all()
    assert (z[known == 1] == -1).any()


def test_prompts_are_captions_associations_of_the_clip_and_what_lies_beside_them(tmp_path):
    rng, axes = np.random.default_rng(0), np.eye(384, dtype=np.float16)
    captions = axes[:2]
    drawn = Prompts(tmp_path).draw(captions, [], rng)
    assert np.abs(drawn).max() == 1, "nothing but captions where the text stage has left nothing"

    np.save(tmp_path / "associated.npy", np.tile(axes[2], (len(associations.lines()), 1)))
    np.save(tmp_path / "general.npy", axes[3:4])
    prompts = Prompts(tmp_path)
    fitting = prompts.of({"style": "waltz", "captions": ["a sad, lonely waltz", "melancholic"]})
    lines = [prompts.lines[i] for i in fitting]
    assert {"waltz"} < {line["style"] for line in lines} <= {"waltz", "-"}
    assert {"dark low"} <= {line["mood"] for line in lines} <= {"dark low", "-"}

    rows = np.stack([prompts.draw(captions, fitting, rng) for _ in range(2000)])
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3)
    assert 0.15 < (rows[:, 2] > 0).mean() < 0.25
    assert 0.35 < (rows[:, 3] > 0).mean() < 0.45
    assert rows[:, 3].max() < rows[:, :3].max(1).min(), "what is asked for outweighs what it is mixed with"


def test_density_counts_onsets_where_they_are():
    """Four notes a second in the second half of 16 s; notes begin with their time in seconds, whatever the tempo."""
    notes = [[8 + i / 4, 0.1, 60, 100, 2] for i in range(32)]
    found = labels.density(notes, 200)
    assert (found[:75] == 0).all()
    assert np.abs(found[125:175] - 0.5).max() < 0.03
