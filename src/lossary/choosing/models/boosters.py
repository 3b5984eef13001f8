"""LightGBM's trees as arrays, and back: what a file holds are numbers, and they are checked.

LightGBM reads the text of a model in C++, which trusts it: children that are no nodes of the tree are followed wherever
they point. So a file's trees are arrays; that they are trees is checked here, and the text is written from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

DECISIONS = (0, 2, 4, 6, 8, 10)
"""Splits of numbers, with any handling of missing ones: no categories."""

MOST_FEATURES = 1_000_000
"""More columns than any matrix here has: LightGBM makes room for each."""


@dataclass(frozen=True)
class Trees:
    """All trees, one after the other: of each tree of L leaves its L - 1 nodes, and its L leaves.

    ``leaves`` (trees,) are the numbers L; ``feature``, ``threshold``, ``decision``, ``left`` and ``right`` (nodes,)
    what a node splits, where, how, and its children: a node of the same tree, or below zero the leaf -1 - child.
    ``value`` (all leaves,) are the leaves' scores. ``features`` columns are there to be split; an iteration has
    ``scores`` trees, one for each score of a row.
    """

    leaves: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    decision: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray
    features: int
    scores: int

    @property
    def rounds(self) -> int:
        """How many iterations there are."""
        return int(self.leaves.size // self.scores)


ARRAYS: Mapping[str, tuple[str, type]] = {
    "feature": ("split_feature", np.int64),
    "threshold": ("threshold", np.float64),
    "decision": ("decision_type", np.int64),
    "left": ("left_child", np.int64),
    "right": ("right_child", np.int64),
    "value": ("leaf_value", np.float64),
}
"""LightGBM's names of the arrays beside ``leaves``, and their types."""


def trees_of(booster: Any, rounds: int) -> Trees:
    """The first trees of a booster."""
    text = booster.model_to_string(num_iteration=rounds)
    body = text[: text.index("\nend of trees")]
    head, *trees = body.split("\nTree=")
    parsed = [dict(line.split("=", 1) for line in tree.splitlines() if "=" in line) for tree in trees]
    scores = int(dict(line.split("=", 1) for line in head.splitlines() if "=" in line)["num_tree_per_iteration"])
    leaves = np.array([int(tree["num_leaves"]) for tree in parsed], dtype=np.int64)
    arrays: dict[str, Any] = {
        name: np.array([cell for tree in parsed for cell in tree.get(key, "").split()], dtype=np.float64).astype(dtype)
        for name, (key, dtype) in ARRAYS.items()
    }
    return Trees(leaves=leaves, features=int(booster.num_feature()), scores=scores, **arrays)


def booster_of(trees: Trees) -> Any:
    """A booster of these trees, which are checked before."""
    import lightgbm  # noqa: PLC0415  optional

    check(trees)
    return lightgbm.Booster(model_str=_text(trees))


def check(trees: Trees) -> None:
    """Raise ValueError unless the arrays are trees, every node and leaf of which is reached once."""
    leaves, nodes = trees.leaves, trees.leaves - 1
    if not 1 <= trees.scores <= max(1, leaves.size) or leaves.size % trees.scores or not leaves.size:
        raise ValueError(f"{leaves.size:,} trees cannot give {trees.scores:,} scores a round")
    if not 1 <= trees.features <= MOST_FEATURES:
        raise ValueError(f"trees cannot have {trees.features:,} features")
    if (leaves < 1).any() or (leaves > trees.value.size).any():  # sums of what is left do not overflow
        raise ValueError("a tree has more leaves than there are, or none")
    if any(getattr(trees, name).shape != (int(nodes.sum()),) for name in OF_NODES):
        raise ValueError("trees and their nodes differ in number")
    if trees.value.shape != (int(leaves.sum()),):
        raise ValueError("trees and their leaves differ in number")
    for name in ("threshold", "value"):
        if not np.isfinite(getattr(trees, name)).all():
            raise ValueError(f"the {name} of a tree is not finite")
    if ((trees.feature < 0) | (trees.feature >= trees.features)).any():
        raise ValueError("a tree splits a feature that is not there")
    if not np.isin(trees.decision, DECISIONS).all():
        raise ValueError("a tree has a split that is not of numbers")
    _check_children(trees, nodes)


OF_NODES = ("feature", "threshold", "decision", "left", "right")


def _check_children(trees: Trees, nodes: np.ndarray) -> None:
    """Each node but the first is the child of one before it, and each leaf is a child: a tree, without circles."""
    tree = np.repeat(np.arange(nodes.size), nodes)
    own = np.arange(tree.size) - np.repeat(np.cumsum(nodes) - nodes, nodes)
    children = np.concatenate([trees.left, trees.right])
    tree, parent = np.concatenate([tree, tree]), np.concatenate([own, own])
    is_node = children >= 0
    inside = np.where(is_node, (children > parent) & (children < nodes[tree]), -1 - children < trees.leaves[tree])
    if not inside.all():
        raise ValueError("a child in a tree is none of its nodes or leaves")
    first_leaf, first_node = np.cumsum(trees.leaves) - trees.leaves, np.cumsum(nodes) - nodes
    leaf_counts = np.bincount((first_leaf[tree] - 1 - children)[~is_node], minlength=int(trees.leaves.sum()))
    node_counts = np.bincount((first_node[tree] + children)[is_node], minlength=int(nodes.sum()))
    is_root = np.zeros(node_counts.size, dtype=bool)
    is_root[first_node[nodes > 0]] = True
    stumps = first_leaf[trees.leaves == 1]
    leaf_counts[stumps] += 1
    if (leaf_counts != 1).any() or (node_counts[~is_root] != 1).any() or node_counts[is_root].any():
        raise ValueError("a tree has nodes or leaves that are reached twice, or never")


def _text(trees: Trees) -> str:
    """What LightGBM reads."""
    names = " ".join(f"Column_{j}" for j in range(trees.features))
    lines = [
        "tree",
        "version=v4",
        f"num_class={trees.scores}",
        f"num_tree_per_iteration={trees.scores}",
        "label_index=0",
        f"max_feature_idx={trees.features - 1}",
        f"feature_names={names}",
        f"feature_infos={' '.join(['none'] * trees.features)}",
        "",
    ]
    columns = {name: getattr(trees, name).tolist() for name in ARRAYS}
    node = leaf = 0
    for number, count in enumerate(trees.leaves.tolist()):
        lines += [f"Tree={number}", f"num_leaves={count}", "num_cat=0"]
        for name, (key, _) in ARRAYS.items():
            first, size = (leaf, count) if name == "value" else (node, count - 1)
            lines.append(f"{key}={' '.join(map(repr, columns[name][first : first + size]))}")
        lines += ["shrinkage=1", "", ""]
        node, leaf = node + count - 1, leaf + count
    return "\n".join([*lines, "end of trees", ""])


def arrays_in(trees: Trees) -> dict[str, np.ndarray]:
    """The arrays by name."""
    found = {each.name: getattr(trees, each.name) for each in fields(trees)}
    return {name: value for name, value in found.items() if isinstance(value, np.ndarray)}
