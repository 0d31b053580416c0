"""The loops that keep every beginning of an order within its bounds: shares by chance, caps, floors."""

from __future__ import annotations

from heapq import heappop, heappush

import numpy as np
import numpy.typing as npt

from filters.text.compiled import compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@compiled
def within_bounds(
    sizes: Floats,
    combinations: Integers,
    queued: Integers,
    starts: Integers,
    most: Floats,
    least: Floats,
) -> Integers:
    """The places of items, which come best first, in an order that keeps to the bounds as far as they can be kept.

    Items with the same values in all groups wait in one queue. A queue whose first a cap keeps out is set aside until
    so much is chosen that the cap may let it in; each floor has a heap of the queues that count for it.
    """
    groups, queues = combinations.shape
    heads = starts[:-1].copy()
    chosen = np.zeros(most.shape)
    order = np.empty(len(sizes), dtype=np.int64)
    ready = [(0, 0)]
    aside = [(0.0, 0)]
    ready.clear()
    aside.clear()
    floors = [(group, value) for group in range(groups) for value in range(most.shape[1]) if least[group, value] > 0]
    wanted = [[(0, 0)] for _ in range(len(floors) + 1)]
    for heap in wanted:
        heap.clear()
    for queue in range(queues):
        heappush(ready, (int(queued[heads[queue]]), queue))
        for place, (group, value) in enumerate(floors):
            if combinations[group, queue] == value:
                heappush(wanted[place], (int(queued[heads[queue]]), queue))
    total, count = 0.0, 0
    while True:
        while len(aside) > 0 and aside[0][0] <= total:
            _, queue = heappop(aside)
            if heads[queue] < starts[queue + 1]:
                heappush(ready, (int(queued[heads[queue]]), queue))
        taken = -1
        for place, (group, value) in enumerate(floors):
            if chosen[group, value] < least[group, value] * total:
                taken = _best_of(wanted[place], heads, starts, queued, sizes, combinations, chosen, most, total)
                if taken >= 0:
                    break
        while taken < 0 and len(ready) > 0:
            item, queue = heappop(ready)
            if heads[queue] >= starts[queue + 1] or queued[heads[queue]] != item:
                continue  # it went for a floor
            needed = _needed(sizes[item], combinations[:, queue], chosen, most, total)
            if needed <= total:
                taken = queue
            else:
                heappush(aside, (needed, queue))
        if taken < 0:
            return order[:count]
        item = int(queued[heads[taken]])
        heads[taken] += 1
        order[count] = item
        count += 1
        total += sizes[item]
        for group in range(groups):
            chosen[group, combinations[group, taken]] += sizes[item]
        if heads[taken] < starts[taken + 1]:
            following = int(queued[heads[taken]])
            heappush(ready, (following, taken))
            for place, (group, value) in enumerate(floors):
                if combinations[group, taken] == value:
                    heappush(wanted[place], (following, taken))


@compiled
def _needed(size: float, values: Integers, chosen: Floats, most: Floats, total: float) -> float:
    """How much must be chosen before no cap keeps an item out. The first of a value is over every cap, and let in."""
    needed = 0.0
    for group in range(len(values)):
        cap = most[group, values[group]]
        with_it = chosen[group, values[group]] + size
        if chosen[group, values[group]] > 0 and with_it > cap * (total + size):
            needed = max(needed, with_it / cap - size, total + 1.0)
    return needed


@compiled
def _best_of(
    heap: list[tuple[int, int]],
    heads: Integers,
    starts: Integers,
    queued: Integers,
    sizes: Floats,
    combinations: Integers,
    chosen: Floats,
    most: Floats,
    total: float,
) -> int:
    """The queue whose first item is the best that a floor can have; -1 where caps keep all of them out."""
    found = -1
    kept_out = [(0, 0)]
    kept_out.clear()
    while len(heap) > 0:
        item, queue = heap[0]
        if heads[queue] >= starts[queue + 1] or queued[heads[queue]] != item:
            heappop(heap)
            continue
        if _needed(sizes[item], combinations[:, queue], chosen, most, total) <= total:
            found = queue
            break
        kept_out.append(heappop(heap))
    for each in kept_out:
        heappush(heap, each)
    return found


@compiled
def replayed(best: Integers, by_chance: Integers, sizes: Floats, share: float) -> Integers:
    """Two orders of the same items as one: of every beginning, `share` of the bytes is the first of `by_chance`."""
    order = np.empty(len(best), dtype=np.int64)
    taken = np.zeros(len(sizes), dtype=np.bool_)
    first, drawn = 0, 0
    total, replay = 0.0, 0.0
    for count in range(len(best)):
        while first < len(best) and taken[best[first]]:
            first += 1
        while drawn < len(by_chance) and taken[by_chance[drawn]]:
            drawn += 1
        is_replay = replay < share * total
        item = by_chance[drawn] if is_replay else best[first]
        taken[item] = True
        order[count] = item
        total += sizes[item]
        if is_replay:
            replay += sizes[item]
    return order
