"""Which encoder writes a result: by the output's suffix, the wish, and what this PyAV has."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from pinxit.errors import InputError, PictureError
from pinxit.video.animation import MOST_WRITTEN, check_amount
from pinxit.video.demuxing import video_package
from pinxit.video.facts import Clip
from pinxit.video.sequence import check_sequence
from pinxit.video.tracks import check_sound

SEGMENT_SUFFIX = ".segment"
"""Of a finished piece of a result; inside it is NUT, which holds every time exactly, or MOV where NUT has no name."""
FRAMES = "frames"
"""The codec of results that are single pictures in the end; a segment of them is kept without loss."""
DEFAULT_QUALITY = 85
NARROWEST = 64
"""Least width of H.265 in pixels: x265 (as of PyAV 18.1) writes beyond its memory for some narrower frames."""
PICTURE_SUFFIXES = (".gif", ".webp", ".apng", ".png")
"""Animations that are written."""


@dataclass(frozen=True)
class Container:
    """A kind of file.

    Args:
        format: FFmpeg's name.
        codecs: What it holds of ours, the usual one first.
    """

    format: str
    codecs: tuple[str, ...]


CONTAINERS = {
    ".mp4": Container("mp4", ("h264", "hevc", "av1", "vp9")),
    ".m4v": Container("mp4", ("h264", "hevc")),
    ".mov": Container("mov", ("h264", "hevc", "prores")),
    ".mkv": Container("matroska", ("h264", "hevc", "av1", "vp9", "prores")),
    ".webm": Container("webm", ("vp9", "av1")),
    SEGMENT_SUFFIX: Container("", ("h264", "hevc", "av1", "vp9", "prores", FRAMES)),
}

_LIBRARIES = {
    "h264": ("libx264",),
    "hevc": ("libx265",),
    "vp9": ("libvpx-vp9",),
    "av1": ("libsvtav1", "libaom-av1"),
    "prores": ("prores_ks",),
    FRAMES: ("ffv1",),
}
_FACTORS = {"h264": (51, 12), "hevc": (51, 14), "vp9": (63, 12), "av1": (63, 12)}  # crf at quality 1 and 100


def codecs() -> dict[str, str]:
    """What this PyAV can encode: "h264", "hevc", "vp9", "av1", "prores", with the encoder's name."""
    names = {name: _library(name) for name in _LIBRARIES if name != FRAMES}
    return {name: library for name, library in names.items() if library}


def choose_codec(output: str | Path, clip: Clip, codec: str = "auto", bits: int | None = None) -> str:
    """Say how a result will be coded, and refuse what cannot be written before any work is done.

    Args:
        output: Where the result goes; its suffix names the container.
        clip: The source, with its sound.
        codec: "auto" or one of ``codecs()``. Auto is H.264 (H.265 above 8 bits) in .mp4, .mov and .mkv, VP9 in .webm.
        bits: 8 or 10; None keeps the source's where the encoder can.

    Returns:
        A name of ``codecs()``, or FRAMES for animations and sequences.

    Raises:
        PictureError: Unknown suffix, a codec that the container does not hold or this PyAV does not have, or a track
            of sound that the container cannot hold.
    """
    path = Path(output).expanduser()
    if is_pictures(path):
        if codec not in ("auto", FRAMES):
            raise PictureError(f"{path.name} holds pictures, not {codec}; leave the codec out, or choose .mp4 or .mkv")
        if path.suffix.lower() in PICTURE_SUFFIXES and "%" not in path.name:
            check_amount(path.name, clip.frames, (clip.width, clip.height), MOST_WRITTEN)
        else:
            check_sequence(path)
        return FRAMES
    container = CONTAINERS.get(path.suffix.lower())
    if container is None:
        what = f"a video cannot be saved as {path.suffix}" if path.suffix else f"{path.name} has no suffix"
        known = [suffix for suffix in CONTAINERS if suffix != SEGMENT_SUFFIX]
        raise PictureError(
            f"{what}; choose one of {', '.join([*known, *PICTURE_SUFFIXES])}, or a pattern such as frames/%04d.png"
        )
    here = codecs()
    wanted = container.codecs[0] if codec == "auto" else codec
    if codec == "auto" and (bits or clip.bits) > 8 and wanted == "h264" and "hevc" in here:
        wanted = "hevc" if clip.width >= NARROWEST else "h264"
    if wanted not in _LIBRARIES:
        raise InputError(f"codec {codec!r} came; one of auto, {', '.join(here)} is wanted")
    if wanted not in container.codecs:
        raise PictureError(
            f"{path.suffix} does not hold {wanted}; choose one of {', '.join(container.codecs)}, or another suffix"
        )
    if wanted not in here and wanted != FRAMES:
        raise PictureError(f"this PyAV has no encoder for {wanted}; choose one of {', '.join(here)}")
    if wanted == "hevc" and clip.width < NARROWEST:
        raise PictureError(
            f"frames {clip.width} pixels wide are too narrow for hevc, which wants {NARROWEST}; choose another codec"
        )
    if path.suffix.lower() != SEGMENT_SUFFIX:
        check_sound(path, container.format, clip)
    return wanted


def container_of(path: Path, codec: str) -> str:
    """FFmpeg's name of the container of a file."""
    name = CONTAINERS[path.suffix.lower()].format
    return name or ("mov" if codec == "prores" else "nut")


def container_options(kind: str, base: Fraction) -> dict[str, str]:
    """What the writer of a container is told, that times of ``base`` seconds a tick stay exact and tags stay."""
    if kind == "nut":
        return {"avoid_negative_ts": "disabled"}  # else all times would be shifted
    if kind in ("mp4", "mov"):
        return {"movflags": "faststart+use_metadata_tags", "movie_timescale": str(min(base.denominator, 1_000_000))}
    return {}


def is_pictures(path: Path) -> bool:
    """Whether a result is an animation, a folder of pictures or a pattern for their names."""
    return path.suffix.lower() in PICTURE_SUFFIXES or "%" in path.name or path.is_dir()


def _library(codec: str) -> str | None:
    av = video_package()
    for name in _LIBRARIES[codec]:
        try:
            av.Codec(name, "w")
        except (av.codec.codec.UnknownCodecError, ValueError):
            continue
        return name
    return None


def pixel_format(library: str, clip: Clip, bits: int | None, alpha: bool = False) -> str:
    """The encoder's format nearest to the clip's: its subsampling and bits where there are such."""
    av = video_package()
    if library == "ffv1":
        deep = (bits or clip.bits) > 8
        return {(False, False): "bgr0", (False, True): "bgra", (True, False): "rgb48le", (True, True): "rgba64le"}[
            deep, alpha
        ]
    there = {entry.name for entry in av.Codec(library, "w").video_formats or ()}
    if alpha and "yuva444p10le" in there and library == "prores_ks":
        return "yuva444p10le"
    shape = clip.subsampling if clip.kind == "video" else "420"
    depth = bits or (8 if clip.bits <= 8 else 10)
    shapes = [shape, *{"420": ("422", "444"), "422": ("420", "444"), "444": ("422", "420")}[shape]]
    depths = [depth] if bits else [depth, 8, 10]
    for wanted in depths:
        for kind in shapes:
            name = f"yuv{kind}p" + (f"{wanted}le" if wanted > 8 else "")
            if name in there:
                return name
    raise PictureError(f"the encoder {library} has no {depth} bits; leave bits out or choose another codec")


@dataclass(frozen=True)
class Encoding:
    """An encoder with all that it is told.

    Args:
        library: FFmpeg's name.
        pixel_format: What it is given.
        options: Its own.
    """

    library: str
    pixel_format: str
    options: dict[str, str]


def encoding(codec: str, clip: Clip, quality: int | None, bits: int | None, fast: bool) -> Encoding:
    """Set an encoder up.

    Args:
        codec: One of ``codecs()`` or FRAMES.
        clip: The source.
        quality: 1..100; None is 85, where the eye sees no loss. FRAMES and ProRes do not ask.
        bits: 8 or 10, or None.
        fast: Prefer speed to a small file.

    Raises:
        PictureError: The encoder is not here, or has no such bits.
        InputError: ``quality`` or ``bits`` out of range.
    """
    if quality is not None and not 1 <= quality <= 100:
        raise InputError(f"quality {quality} came; 1..100 is wanted")
    if bits not in (None, 8, 10):
        raise InputError(f"bits {bits} came; 8 or 10 is wanted")
    library = _library(codec)
    if library is None:
        raise PictureError(f"this PyAV has no encoder for {codec}; choose one of {', '.join(codecs())}")
    picture = pixel_format(library, clip, 10 if codec == "prores" else bits, clip.has_alpha)
    options: dict[str, str] = {}
    if codec in _FACTORS:
        worst, best = _FACTORS[codec]
        share = Fraction(DEFAULT_QUALITY if quality is None else quality, 100)
        options["crf"] = f"{float(worst + (best - worst) * share):.1f}"
        if codec in ("vp9", "av1"):
            options["crf"] = str(round(float(options["crf"])))
    options |= _speed(library, fast, "10" in picture)
    if codec == "prores":
        options |= {"profile": "4444" if "444" in picture else "hq", "vendor": "apl0"}
    return Encoding(library, picture, options)


def _speed(library: str, fast: bool, deep: bool) -> dict[str, str]:
    choices: dict[str, dict[str, Any]] = {
        # Its code for AVX-512 reads memory that nobody wrote, and the same frames would give different files.
        "libx264": {"preset": "veryfast" if fast else "medium", "x264-params": "cpu-independent=1"},
        "libx265": {"preset": "ultrafast" if fast else "medium", "x265-params": "log-level=error"},
        "libvpx-vp9": {"b": "0", "row-mt": "1", "deadline": "good", "cpu-used": "5" if fast else "2"},
        # at its faster presets, this encoder's 10 bits come out wrong behind a cut
        "libsvtav1": {"preset": "9" if fast and not deep else "6"},
        "libaom-av1": {"b": "0", "row-mt": "1", "cpu-used": "8" if fast else "5"},
        "ffv1": {"level": "3", "slices": "4"},
    }
    return choices.get(library, {})
