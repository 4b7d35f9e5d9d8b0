"""Small films made in code, without loss, so that what is in them is known exactly."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from pinxit.video.clip import open_clip, read_frames

SIZE = (160, 96)


def scenery(seed: int, size: tuple[int, int] = SIZE, grain: int = 8, wider: int = 4) -> np.ndarray:
    """A smooth random picture in pale colours, of width ``wider`` times the frame's, (H, W, 3) uint8."""
    rng = np.random.default_rng(seed)
    shape = (max(2, size[1] // grain), max(2, wider * size[0] // grain))
    small = np.uint8((0.85 * rng.random(shape)[..., None] + 0.15 * rng.random((*shape, 3))) * 255)
    return np.asarray(Image.fromarray(small).resize((wider * size[0], size[1]), Image.Resampling.BICUBIC))


def pan(picture: np.ndarray, frames: int, step: int = 1, width: int = SIZE[0]) -> list[np.ndarray]:
    """Frames that move across a picture by ``step`` pixels each."""
    return [picture[:, step * n : step * n + width] for n in range(frames)]


def write_film(
    path: Path, frames: Iterable[np.ndarray], rate: int | Fraction = 25, sound: bool = False, keys: int = 12
) -> Path:
    """Write frames (H, W, 3) uint8 as RGB x264 without loss, in .mkv or .mp4, with a tone beside it where asked for."""
    import av

    frames = list(frames)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(
            "libx264rgb", rate=rate, options={"crf": "0", "g": str(keys), "preset": "ultrafast"}
        )
        stream.width, stream.height, stream.pix_fmt = frames[0].shape[1], frames[0].shape[0], "rgb24"
        audio = container.add_stream("aac", rate=8000, layout="mono") if sound else None
        for picture in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24")))
        container.mux(stream.encode(None))
        if audio is not None:
            wave = np.sin(np.arange(round(8000 * len(frames) / rate)) / 5).astype(np.float32)[None]
            for start in range(0, wave.shape[1] - 1023, 1024):
                piece = av.AudioFrame.from_ndarray(np.ascontiguousarray(wave[:, start : start + 1024]), "fltp", "mono")
                piece.sample_rate, piece.pts = 8000, start
                container.mux(audio.encode(piece))
            container.mux(audio.encode(None))
    return path


def read_film(path: Path) -> list[np.ndarray]:
    """All frames of a film."""
    return [frame.pixels for frame in read_frames(open_clip(path))]


def sound_of(path: Path) -> list[bytes]:
    """The packets of a film's sound."""
    import av

    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]
