"""NVML: what NVIDIA's GPUs count of their own energy (Volta and newer), by `nvidia-ml-py` where it is installed.

The counter is of the whole device and of whoever uses it; one that only waits counts too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Nvml:
    """The GPUs that can tell."""

    name = "nvml"

    def __init__(self, library: Any, devices: Mapping[str, Any]) -> None:
        self._library = library
        self._devices = devices

    @classmethod
    def find(cls) -> Nvml | None:
        """The meter; null without the extra `energy`, without a driver, or where no GPU counts."""
        try:
            import pynvml
        except ImportError:
            return None
        try:
            pynvml.nvmlInit()
        except pynvml.NVMLError:
            return None
        meter = cls(pynvml, _devices(pynvml))
        if meter.read():
            return meter
        meter.close()
        return None

    def read(self) -> Mapping[str, float]:
        told = {}
        for name, device in self._devices.items():
            try:
                told[name] = self._library.nvmlDeviceGetTotalEnergyConsumption(device) / 1000
            except self._library.NVMLError:
                continue  # it cannot tell, or not now
        return told

    def close(self) -> None:
        self._library.nvmlShutdown()


def _devices(library: Any) -> dict[str, Any]:
    devices = {}
    for number in range(library.nvmlDeviceGetCount()):
        device = library.nvmlDeviceGetHandleByIndex(number)
        devices[f"gpu{number} {library.nvmlDeviceGetName(device)}"] = device
    return devices
