"""What batching gains when a model looks for names: `python benchmarks/names.py [MODEL] [--texts N] [--device D]`.

Without a model, the tiny one of `tiny_names.py` is trained first: its figures say what surrounds a network costs, not
how fast a real one is. The texts are made up, of 1 to 60 sentences. "network alone" runs the same padded batches
through the network and nothing else; the share of that rate is what tokenizing and joining windows leave of it. Each
figure is the best of several: noise only ever adds.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import measure
import tiny_names

from filters.personal.names.models import load_model


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model", nargs="?", help="a folder, or a name in the hub's cache on this machine")
    parser.add_argument("--texts", type=int, default=512)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        where = options.model or str(tiny_names.build(Path(folder) / "tiny-names"))
        model: Any = load_model("transformers", where, device=options.device)
    texts = _texts(options.texts)
    print(f"{measure.machine()}, torch {version('torch')}, transformers {version('transformers')}")
    print(f"{model.name} on {_device(model)}; {len(texts):,} texts, {sum(map(len, texts)):,} characters\n")
    passes: list[tuple[int, ...]] = []
    hook = model.network.register_forward_pre_hook(
        lambda _, args, given: passes.append(tuple(given["input_ids"].shape)), with_kwargs=True
    )
    together, counts = model.find(texts), [len(passes)]
    del passes[:]
    alone = [model.find([text])[0] for text in texts]
    counts.append(len(passes))
    hook.remove()
    if [_places(answer) for answer in together] != [_places(answer) for answer in alone]:
        raise SystemExit("batched and one by one do not find the same")
    batched = _seconds(lambda: model.find(texts), options.times)
    single = _seconds(lambda: [model.find([text]) for text in texts], options.times)
    network = _seconds(_network_alone(model, texts), options.times)
    rows = [
        [name, f"{count:,}", f"{seconds:.2f}", f"{len(texts) / seconds:,.0f}", f"{network / seconds:.0%}"]
        for name, count, seconds in (
            ("one by one", counts[1], single),
            ("batched", counts[0], batched),
            ("network alone, batched", counts[0], network),
        )
    ]
    print(measure.table(("way", "forward passes", "wall s", "texts / s", "of the network's rate"), rows))
    print(f"\nBoth ways found the same {sum(len(answer.spans) for answer in together):,} places.")


def _texts(count: int) -> list[str]:
    rng = random.Random(1)
    shapes = (*tiny_names.SHAPES, *tiny_names.FILLER)
    return [
        " ".join(tiny_names.sentence(rng, rng.choice(shapes))[0] for _ in range(rng.choice((1, 2, 4, 8, 16, 60))))
        for _ in range(count)
    ]


def _places(answer: Any) -> list[tuple[str, int, int]]:
    return [(span.kind, span.start, span.end) for span in answer.spans]


def _network_alone(model: Any, texts: list[str]) -> Callable[[], None]:
    """The batches that `find` makes, ready on the device, through the network and nothing more."""
    import torch

    batches: list[dict[str, Any]] = []
    hook = model.network.register_forward_pre_hook(
        lambda _, args, given: batches.append({name: part.clone() for name, part in given.items()}), with_kwargs=True
    )
    model.find(texts)
    hook.remove()

    def run() -> None:
        half = model.half
        with torch.inference_mode(), torch.autocast(model.device.split(":")[0], dtype=half, enabled=half is not None):
            for batch in batches:
                model.network(**batch)
        if model.device.startswith("cuda"):
            torch.cuda.synchronize()

    return run


def _device(model: Any) -> str:
    import torch

    if model.device.startswith("cuda"):
        return f"{torch.cuda.get_device_name(model.device)}, {model.half}"
    return f"the processor, {torch.get_num_threads()} threads, float32"


def _seconds(work: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return min(taken)


if __name__ == "__main__":
    main()
