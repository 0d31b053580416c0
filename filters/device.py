"""The device a model computes on."""

from __future__ import annotations

from tamis.errors import ConfigError


def resolve_device(device: str, *, who: str) -> str:
    """`device` as torch names it; auto: the first CUDA device if there is one, else the processor.

    Raises:
        ConfigError: there is no such device here, or no such name; `who` asks for it.
    """
    import torch

    has_cuda = bool(torch.cuda.is_available())
    if device == "auto":
        return "cuda" if has_cuda else "cpu"
    try:
        kind = str(torch.device(device).type)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ConfigError(f"{who}: device is {device}, which this machine does not have. Take auto or cpu.") from error
    if kind == "meta":
        raise ConfigError(f"{who}: device is meta, which computes nothing. Take auto or cpu.")
    return device
