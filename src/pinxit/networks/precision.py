"""What this processor calculates well in."""

from __future__ import annotations

import torch


def has_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 itself; elsewhere it would be slower, not faster."""
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
