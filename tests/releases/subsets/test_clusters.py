"""Clusters of pictures: found again in any order, from hashes or vectors, and each with its share of a subset."""

from __future__ import annotations

import io

import numpy as np
import polars as pl
import pytest
from PIL import Image

from catalog.query import query
from flows.means import Means
from flows.stages import curate_all
from flows.workspace import Workspace
from releases.subsets.clusters import _centres, _nearest, _whole
from tamis.errors import ConfigError

RECIPE = """\
name: pictures
corpora: [{{name: pictures, format: image-folder, path: pictures, licence: CC0-1.0}}]
filters: {{licence: {{}}, {filters}}}
policy: policy.yaml
subset: {{kind: image, method: random, {subset}}}
release: {{name: pictures, version: "1"}}
"""
POLICY = """\
name: all
version: "1"
licence: {allow: [public_domain]}
limits: [{filter: picture_hashes, measure: width, below: 2, outcome: drop}]
"""
KINDS = {"shore": 40, "wood": 16, "sky": 8}


def picture(kind, seed):
    """Of a kind, all have the same fields of grey, each its own grain."""
    fields = np.kron(np.random.default_rng(len(kind)).uniform(30, 225, (12, 12)), np.ones((8, 8)))
    pixels = fields + np.random.default_rng(seed).normal(0, 12, fields.shape)
    data = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(data, "PNG")
    return data.getvalue()


def make(folder, subset, filters="picture_hashes: {}"):
    (folder / "pictures").mkdir(parents=True)
    for kind, count in KINDS.items():
        for number in range(count):
            (folder / "pictures" / f"{number:02d}-{kind}.png").write_bytes(picture(kind, number + len(kind) * 1000))
    (folder / "recipe.yaml").write_text(RECIPE.format(subset=subset, filters=filters))
    (folder / "policy.yaml").write_text(POLICY)
    return Workspace.of(folder)


def asked(workspace, sql):
    return query(curate_all(workspace, Means(0, 16, None, quiet=True)).catalog.path, sql).rows


def test_each_cluster_keeps_its_share_and_equal_ones_have_as_many(tmp_path):
    by_kind = (
        "SELECT split_part(split_part(i.path, '-', 2), '.', 1), count(DISTINCT c.cluster), count(*) FILTER (c.chosen) "
        "FROM choice AS c JOIN item AS i USING (run, item) GROUP BY 1"
    )
    kept = asked(make(tmp_path / "kept", "strata: cluster, clusters: 3, budget: {items: 16}"), by_kind)
    assert {kind: clusters for kind, clusters, _ in kept} == dict.fromkeys(KINDS, 1)
    assert {kind: chosen for kind, _, chosen in kept} == pytest.approx({"shore": 10, "wood": 4, "sky": 2}, abs=1)
    equal = "strata: cluster, strata_shares: equal, clusters: 3, budget: {items: 12}"
    assert {kind: chosen for kind, _, chosen in asked(make(tmp_path / "equal", equal), by_kind)} == dict.fromkeys(
        KINDS, 4
    )


def test_no_cluster_is_over_its_cap_and_the_mix_names_them(tmp_path):
    workspace = make(tmp_path / "capped", "clusters: 3, caps: [{by: cluster, most: 0.5}], budget: {items: 16}")
    mix = asked(workspace, "SELECT named, pool_items, chosen_items FROM subset_mix WHERE grouped_by = 'cluster'")
    assert sorted(items for _, items, _ in mix) == sorted(KINDS.values())
    assert sum(chosen for _, _, chosen in mix) == 16
    assert max(chosen for _, _, chosen in mix) <= 9


def test_without_a_filter_that_looks_at_pictures_it_is_refused_before_any_work(tmp_path):
    workspace = make(tmp_path / "blind", "strata: cluster, budget: {share: 0.5}", filters="exact_duplicates: {}")
    with pytest.raises(ConfigError, match="goes by cluster, and nothing looks at pictures"):
        asked(workspace, "FROM run")


def spread(count, dimensions, *, seed=1):
    drawn = np.random.default_rng(seed)
    middles = drawn.normal(size=(5, dimensions))
    kind = drawn.choice(5, count, p=[0.5, 0.3, 0.1, 0.07, 0.03])
    return kind, (middles[kind] + drawn.normal(size=(count, dimensions)) * 0.2).astype(np.float32)


@pytest.mark.parametrize("dimensions", [64, 512, 1024])
def test_clusters_are_those_that_were_planted(dimensions):
    kind, vectors = spread(600, dimensions)
    whole = _whole(vectors)
    codes = _nearest(whole, _centres(whole, 5, seed=3))
    found = pl.DataFrame({"kind": kind, "code": codes}).group_by("kind").agg(pl.col("code").n_unique())
    assert (found["code"] == 1).all()
    assert len(np.unique(codes)) == 5


def test_sums_are_exact_so_that_no_order_of_adding_matters():
    _, vectors = spread(50, 1024)
    whole = _whole(vectors)
    turned = np.random.default_rng(2).permutation(1024)
    exact = whole.astype(np.int64) @ whole.astype(np.int64).T
    assert (whole @ whole.T == exact).all()
    assert (whole[:, turned] @ whole[:, turned].T == exact).all()


def test_of_fewer_different_pictures_there_are_fewer_clusters():
    same = np.ones((20, 8), dtype=np.float32) * 32
    assert len(_centres(same, 5, seed=1)) == 1
