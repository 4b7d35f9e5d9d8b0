"""Style losses against slow references."""

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from pinxit.errors import ShapeError
from pinxit.losses.style import (
    SlicedPatchLoss,
    gram_style_loss,
    moment_style_loss,
    patch_directions,
    sliced_patch_distance,
)


def double(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def maps(seed=0):
    """Two scales, not of one size with another seed's."""
    return [double(2, 3, 6 + seed, 5, seed=seed) + 1, 4 * double(2, 4, 3, 4 + seed, seed=seed + 10)]


def slow_moment_loss(result, reference):
    total = 0
    for x, y in zip(result, reference, strict=True):
        x, y = x.numpy(), y.numpy()
        mx, my = x.mean((2, 3)), y.mean((2, 3))
        sx, sy = np.sqrt(x.var((2, 3)) + 1e-6), np.sqrt(y.var((2, 3)) + 1e-6)
        unit = np.maximum(sy.mean(1, keepdims=True), 1e-3)
        total += (((mx - my) / unit) ** 2).mean() + (((sx - sy) / unit) ** 2).mean()
    return total / len(result)


def slow_gram_loss(result, reference):
    total = 0
    for x, y in zip(result, reference, strict=True):
        grams = []
        for z in (x.numpy(), y.numpy()):
            grams.append(np.array([[[(a * b).mean() for a in one] for b in one] for one in z]))
        total += ((grams[0] - grams[1]) ** 2).mean()
    return total / len(result)


@pytest.mark.parametrize(("loss", "slow"), [(moment_style_loss, slow_moment_loss), (gram_style_loss, slow_gram_loss)])
def test_against_a_slow_reference(loss, slow):
    a, b = maps(), maps(1)
    assert loss(a, b).item() == pytest.approx(slow(a, b))
    single = loss([x.float() for x in a], [x.float() for x in b])
    assert single.dtype == torch.float32 and single.item() == pytest.approx(slow(a, b), rel=1e-4)


@pytest.mark.parametrize("loss", [moment_style_loss, gram_style_loss])
def test_places_do_not_matter(loss):
    a, generator = maps(), torch.Generator().manual_seed(0)
    moved = [x.flatten(2)[:, :, torch.randperm(x[0, 0].numel(), generator=generator)].view(x.shape) for x in a]
    assert loss(moved, a).item() == pytest.approx(0, abs=1e-12)
    assert loss(moved, maps(1)).item() == pytest.approx(loss(a, maps(1)).item())


@pytest.mark.parametrize("loss", [moment_style_loss, gram_style_loss])
def test_gradcheck_of_statistics(loss):
    found = [x.requires_grad_() for x in [*maps(), *maps(1)]]
    assert gradcheck(lambda a, b, c, d: loss([a, b], [c, d]), found)


def test_a_shift_by_one_spread_costs_1_at_every_scale():
    reference = [scale * double(2, 3, 400, 50, seed=i) for i, scale in enumerate((0.1, 30.0))]
    shifted = [x + x.std((2, 3), correction=0, keepdim=True).mean(1, keepdim=True) for x in reference]
    assert moment_style_loss(shifted, reference).item() == pytest.approx(1, rel=1e-3)


def test_scales_have_to_be_as_many():
    with pytest.raises(ValueError):
        moment_style_loss(maps(), maps()[:1])


def test_directions():
    generator = torch.Generator().manual_seed(0)
    for flat in (False, True):
        found = patch_directions(40, size=5, flat=flat, generator=generator)
        assert found.shape == (40, 3, 5, 5)
        assert torch.allclose(found.flatten(1).norm(dim=1), torch.ones(40))
        assert (found.sum((2, 3)).abs().max() < 1e-5) != flat


def test_the_same_seed_gives_the_same_directions():
    a, b, c = (patch_directions(3, generator=torch.Generator().manual_seed(s)) for s in (1, 1, 2))
    assert torch.equal(a, b) and not torch.allclose(a, c)


def slow_sliced(result, reference, directions, strides):
    def halved(z):
        z = z[:, : z.shape[1] // 2 * 2, : z.shape[2] // 2 * 2]
        return (z[:, ::2, ::2] + z[:, 1::2, ::2] + z[:, ::2, 1::2] + z[:, 1::2, 1::2]) / 4

    def projections(z, direction, stride):
        side = direction.shape[1]
        rows, columns = range(0, z.shape[1] - side + 1, stride), range(0, z.shape[2] - side + 1, stride)
        return sorted((z[:, i : i + side, j : j + side] * direction).sum() for i in rows for j in columns)

    total = 0
    for scale, stride in enumerate(strides):
        if scale:
            result, reference = halved(result), halved(reference)
        away = []
        for direction in directions:
            x, y = projections(result, direction, stride), projections(reference, direction, stride)
            y = np.interp(np.linspace(0, len(y) - 1, len(x)), np.arange(len(y)), y)
            away.append(np.abs(np.array(x) - y).mean())
        total += np.mean(away)
    return total / len(strides)


@pytest.mark.parametrize("shape", [(14, 17), (19, 12)])
def test_sliced_distance_against_a_slow_reference(shape):
    a, b = double(2, 3, 14, 17), double(2, 3, *shape, seed=1)
    directions = patch_directions(3, size=5, flat=True, generator=torch.Generator().manual_seed(0)).double()
    found = sliced_patch_distance(a, b, directions, strides=(3, 1))
    wanted = [slow_sliced(x.numpy(), y.numpy(), directions.numpy(), (3, 1)) for x, y in zip(a, b, strict=True)]
    assert found.numpy() == pytest.approx(wanted)


def test_a_shift_of_colour_is_seen_by_flat_directions_only():
    a = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    generator = torch.Generator().manual_seed(1)
    flat, blind = (patch_directions(8, flat=f, generator=generator) for f in (True, False))
    wanted = 0.2 * flat.sum((1, 2, 3)).abs().mean()  # every projection moves by 0.2 times the direction's sum
    assert sliced_patch_distance(a + 0.2, a, flat).item() == pytest.approx(wanted.item(), rel=1e-4)
    assert sliced_patch_distance(a + 0.2, a, blind).item() == pytest.approx(0, abs=1e-5)


def test_sliced_gradcheck():
    a, b = double(1, 3, 6, 6).requires_grad_(), double(1, 3, 6, 7, seed=1).requires_grad_()
    directions = patch_directions(2, size=3, generator=torch.Generator().manual_seed(0)).double()
    assert gradcheck(lambda x, y: sliced_patch_distance(x, y, directions, strides=(2, 1)), (a, b))


def test_pictures_too_small_for_the_coarsest_scale_are_refused():
    directions = patch_directions(2, size=7, flat=True)
    assert sliced_patch_distance(torch.zeros(1, 3, 28, 28), torch.zeros(1, 3, 28, 40), directions).shape == (1,)
    with pytest.raises(ShapeError, match="too small"):
        sliced_patch_distance(torch.zeros(1, 3, 28, 28), torch.zeros(1, 3, 27, 40), directions)


def test_patch_loss_is_1_untouched_and_0_reached():
    generator = torch.Generator().manual_seed(0)
    content = torch.rand(2, 3, 40, 40, generator=generator)
    reference = torch.nn.functional.avg_pool2d(torch.rand(2, 3, 42, 42, generator=generator), 3, 1) * 0.5
    loss = SlicedPatchLoss(16, generator)
    assert [x.item() for x in loss(content, content, reference)] == pytest.approx([1, 1], rel=1e-5)
    assert [x.item() for x in loss(reference, content, reference)] == pytest.approx([0, 0], abs=1e-6)
    half = [x.item() for x in loss((content + reference) / 2, content, reference)]
    assert all(0.1 < x < 0.9 for x in half)


def test_patch_loss_gradient_goes_to_the_result_only():
    content, reference = (torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(s)) for s in (0, 1))
    result = (0.5 * content).requires_grad_()
    colour, texture = SlicedPatchLoss(8, torch.Generator().manual_seed(2))(result, content, reference)
    (colour + texture).backward()
    assert torch.isfinite(result.grad).all() and result.grad.abs().sum() > 0
