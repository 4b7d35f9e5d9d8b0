"""CropBank: whose pictures are drawn, and what is cut from them."""

import numpy as np
import pytest
import torch
from PIL import Image

from pinxit.errors import LearningError
from pinxit.learning.crops import CropBank, crop


def flat(value, height=20, width=30):
    return np.full((height, width, 3), value, np.uint8)


def ramp(height, width):
    """Red runs across, green down; blue tells nothing."""
    x = np.zeros((height, width, 3), np.uint8)
    x[..., 0], x[..., 1], x[..., 2] = np.arange(width), np.arange(height)[:, None], 7
    return x


def rng(seed=0):
    return np.random.default_rng(seed)


def test_nothing_to_train_on():
    with pytest.raises(LearningError, match="no picture"):
        CropBank([])


def test_groups_share_by_the_square_root_of_their_size():
    groups = [0] * 16 + [2] * 4 + [1] * 1
    bank = CropBank([flat(i) for i in range(21)], groups)
    totals = [bank.shares[np.array(groups) == g].sum() for g in (0, 1, 2)]
    assert totals == pytest.approx([4 / 7, 1 / 7, 2 / 7])
    assert bank.shares[:16] == pytest.approx(4 / 7 / 16), "and the pictures of a group alike"


def test_without_groups_all_share_alike():
    assert CropBank([flat(i) for i in range(5)]).shares == pytest.approx([0.2] * 5)


def test_numbers_without_pictures_are_passed_over():
    assert CropBank([flat(0), flat(1)], [3, 7]).shares == pytest.approx([0.5, 0.5])


def test_draws_follow_the_shares():
    bank = CropBank([flat(i) for i in range(10)], [0] * 9 + [1])
    _, numbers = bank.draw(4000, 2, rng())
    assert (numbers == 9).mean() == pytest.approx(0.25, abs=0.03)  # 1 of 3 + 1
    assert np.bincount(numbers[numbers < 9]) / 4000 == pytest.approx(0.75 / 9, abs=0.02)


def test_crops_and_the_numbers_of_their_pictures():
    bank = CropBank([flat(50 * i) for i in range(5)])
    crops, numbers = bank.draw(12, 8, rng())
    assert crops.shape == (12, 3, 8, 8) and crops.dtype == torch.float32 and numbers.shape == (12,)
    wanted = torch.from_numpy(numbers * 50 / 255).float().view(-1, 1, 1, 1).expand_as(crops)
    assert torch.allclose(crops, wanted, atol=1e-5) and len(set(numbers)) > 2


def test_the_same_seed_gives_the_same_crops():
    bank = CropBank([ramp(40, 60), ramp(60, 40)])
    (a, i), (b, j), (c, _) = bank.draw(6, 16, rng(1)), bank.draw(6, 16, rng(1)), bank.draw(6, 16, rng(2))
    assert torch.equal(a, b) and (i == j).all() and not torch.equal(a, c)


def seen(part):
    """First and last column and row of a ramp that a crop shows, in pixels, and whether it is mirrored."""
    columns, rows = part[0, 0, 0] * 255, part[0, 1, :, 0] * 255
    assert torch.allclose(part[0, 0] * 255, columns.expand(len(rows), -1), atol=0.01), "columns stay columns"
    assert torch.allclose(part[0, 1] * 255, rows[:, None].expand(-1, len(columns)), atol=0.01), "and rows rows"
    mirrored = bool(columns[0] > columns[-1])
    return (columns.flip(0) if mirrored else columns), rows, mirrored


def test_a_crop_at_full_scale_is_a_part_of_the_picture():
    picture, generator, corners, mirrors = ramp(100, 140), rng(), [], []
    for _ in range(60):
        columns, rows, mirrored = seen(crop(picture, 16, generator, (1.0, 1.0)))
        assert torch.allclose(columns, columns[0] + torch.arange(16), atol=1e-3)
        assert torch.allclose(rows, rows[0] + torch.arange(16), atol=1e-3)
        assert columns[0] >= 0 and columns[-1] <= 139 and rows[0] >= 0 and rows[-1] <= 99
        corners.append((columns[0].item(), rows[0].item()))
        mirrors.append(mirrored)
    assert np.mean(mirrors) == pytest.approx(0.5, abs=0.2)
    left, top = np.array(corners).T
    assert left.min() < 25 and left.max() > 100 and top.min() < 20 and top.max() > 65, "from everywhere"


def test_borders_can_be_reached():
    places = [seen(crop(ramp(10, 12), 9, rng(i), (1.0, 1.0))) for i in range(60)]
    assert {round(columns[0].item()) for columns, _, _ in places} == {0, 1, 2, 3}
    assert {round(rows[0].item()) for _, rows, _ in places} == {0, 1}


def test_scales():
    steps = []
    for i in range(80):
        columns, rows, _ = seen(crop(ramp(200, 240), 32, rng(i), (0.4, 0.8)))
        middle = slice(8, 24)
        steps.append(columns[middle].diff().mean().item())
        assert rows[middle].diff().mean().item() == pytest.approx(steps[-1], rel=0.02), "one scale both ways"
    assert 1 / 0.8 * 0.95 < min(steps) < 1.5 and 2 < max(steps) < 1 / 0.4 * 1.05


@pytest.mark.parametrize("size", [(5, 50), (50, 5), (12, 12)])
def test_small_pictures_are_enlarged(size):
    part = crop(ramp(*size), 16, rng())
    assert part.shape == (1, 3, 16, 16) and part.min() >= 0
    assert torch.allclose(part[0, 2] * 255, torch.tensor(7.0), atol=1e-4)
    columns, rows, _ = seen(part)
    assert columns[-1] - columns[0] <= min(size) - 1 and rows[-1] - rows[0] <= min(size) - 1


def test_one_pixel_is_enlarged():
    for seed in range(8):
        assert crop(flat(51, 1, 9), 4, rng(seed)).numpy() == pytest.approx(0.2)


def test_shrinking_does_not_alias():
    checks = np.zeros((96, 96, 3), np.uint8)
    checks[::2, 1::2] = checks[1::2, ::2] = 255
    part = crop(checks, 16, rng(), (0.2, 0.2))[:, :, 3:-3, 3:-3]
    assert (part - 0.5).abs().max() < 0.1


def test_reads_files_of_8_and_16_bits(tmp_path):
    Image.fromarray(flat(200)).save(tmp_path / "a.png")
    Image.fromarray(np.full((9, 9), 257 * 40, np.uint16)).save(tmp_path / "b.png")
    bank = CropBank.read([tmp_path / "a.png", tmp_path / "b.png"], [0, 1])
    assert [p.dtype for p in bank.pictures] == [np.uint8, np.uint8] and bank.groups.tolist() == [0, 1]
    assert (bank.pictures[0] == 200).all() and bank.pictures[0].shape == (20, 30, 3)
    assert (bank.pictures[1] == 40).all() and bank.pictures[1].shape == (9, 9, 3)
