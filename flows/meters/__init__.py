"""Power meters: what a machine says of the joules it takes, where it says anything."""

from flows.meters.meter import PowerMeter
from flows.meters.table import BUILT_IN, PowerMeters, find_meters, known_meters

__all__ = ["BUILT_IN", "PowerMeter", "PowerMeters", "find_meters", "known_meters"]
