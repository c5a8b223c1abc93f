"""Which pairs are compared at all: items that share a key, found by sorting arrays of hashes.

A group of few items is compared in full. A larger one is divided by MinHash (``rensa``) over the characters
of its texts, and what is still large is compared with its neighbours only; so the number of comparisons
grows with the number of keys and not with its square.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

FULL = 16
"""A group up to this size is compared in full; in larger ones each item with as many neighbours."""
SEED = 20
ROWS, BANDS = 3, 10
"""Texts that share half of their character trigrams meet in 74 of 100 cases, at 0.7 in 99."""
MOST_QUALIFIERS = 6
CHUNK = 20_000

Numbers = NDArray[np.uint64]
Places = NDArray[np.int64]


def hashed(text: str) -> int:
    """64 bits of a text; the same in every process."""
    return int.from_bytes(
        hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little"
    )


class Keys:
    """Keys of items, 12 bytes each."""

    def __init__(self) -> None:
        self._keys = array("Q")
        self._items = array("I")

    def add(self, item: int, keys: Iterable[str]) -> None:
        """Note that an item has these keys."""
        for key in keys:
            self._keys.append(hashed(key))
            self._items.append(item)

    def candidates(self, text: Callable[[int], str]) -> list[tuple[int, int]]:
        """Pairs of items that share a key, each once, in order; ``text`` is what MinHash compares."""
        keys, items = np.array(self._keys, dtype=np.uint64), np.array(self._items, dtype=np.int64)
        keys, items, sizes = _grouped(keys, items)
        pairs = [_all_pairs(items[sizes <= FULL], sizes[sizes <= FULL])]
        large = sizes > FULL
        if large.any():
            keys, items, sizes = _grouped(*_banded(keys[large], items[large], text))
            pairs += [_all_pairs(items[sizes <= FULL], sizes[sizes <= FULL])]
            pairs += [_neighbours(keys[sizes > FULL], items[sizes > FULL])]
        packed = np.unique(np.concatenate(pairs))
        return [(int(pair) >> 32, int(pair) & 0xFFFFFFFF) for pair in packed]


def _grouped(keys: Numbers, items: Places) -> tuple[Numbers, Places, Places]:
    """Sorted by key, without keys that only one item has; and for each place the size of its group."""
    order = np.lexsort((items, keys))
    keys, items = keys[order], items[order]
    fresh = np.ones(len(keys), dtype=bool)
    fresh[1:] = (keys[1:] != keys[:-1]) | (items[1:] != items[:-1])
    keys, items = keys[fresh], items[fresh]
    starts = (
        np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1]))) if len(keys) else np.empty(0, int)
    )
    counts = np.diff(np.append(starts, len(keys)))
    sizes = np.repeat(counts, counts)
    kept = sizes > 1
    return keys[kept], items[kept], sizes[kept]


def _packed(first: Places, second: Places) -> Places:
    low, high = np.minimum(first, second), np.maximum(first, second)
    apart = low != high
    pairs: Places = (low[apart] << 32) | high[apart]
    return pairs


def _all_pairs(items: Places, sizes: Places) -> Places:
    """Every pair within groups that lie one after the other."""
    found = [np.empty(0, dtype=np.int64)]
    for size in np.unique(sizes):
        table = items[sizes == size].reshape(-1, size)
        found += [_packed(table[:, one], table[:, other]) for one, other in combinations(range(size), 2)]
    pairs: Places = np.unique(np.concatenate(found))
    return pairs


def _neighbours(keys: Numbers, items: Places) -> Places:
    """Each item of a group with the next ``FULL`` of it."""
    found = [np.empty(0, dtype=np.int64)]
    for step in range(1, FULL + 1):
        same = keys[step:] == keys[:-step]
        found.append(_packed(items[:-step][same], items[step:][same]))
    pairs: Places = np.unique(np.concatenate(found))
    return pairs


def _banded(keys: Numbers, items: Places, text: Callable[[int], str]) -> tuple[Numbers, Places]:
    """For each key of an item, the keys of its MinHash bands under that key."""
    distinct, place = np.unique(items, return_inverse=True)
    bands = np.concatenate(
        [
            _bands([text(int(item)) for item in distinct[at : at + CHUNK]])
            for at in range(0, len(distinct), CHUNK)
        ]
    )
    mixed = (bands[place] ^ keys[:, None]) * np.uint64(0x9E3779B97F4A7C15)
    return mixed.ravel(), np.repeat(items, BANDS)


def _bands(texts: Sequence[str]) -> Numbers:
    """A hash for each band of each text's MinHash."""
    from rensa import RMinHash

    grams = [_trigrams(text) for text in texts]
    offsets = np.cumsum([0, *map(len, grams)]).astype(np.uint64)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(np.concatenate(grams), offsets, ROWS * BANDS, SEED)
    digests = np.array(matrix.to_rows(), dtype=np.uint64).reshape(len(texts), BANDS, ROWS)
    bands = np.arange(BANDS, dtype=np.uint64)[None, :] * np.uint64(0xD6E8FEB86659FD93)
    for row in range(ROWS):
        bands = (bands ^ digests[:, :, row]) * np.uint64(0xBF58476D1CE4E5B9)
        bands ^= bands >> np.uint64(29)
    mixed: Numbers = bands
    return mixed


def _trigrams(text: str) -> Numbers:
    """The distinct runs of three characters, as numbers; spaces at both ends count."""
    signs = np.frombuffer(f" {text}  ".encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(
        np.uint64
    )
    return np.unique((signs[:-2] << np.uint64(42)) | (signs[1:-1] << np.uint64(21)) | signs[2:])


def alike(one: str, other: str) -> float:
    """How alike two texts are: the share of their character trigrams that both have (Jaccard)."""
    left, right = (
        {text[at : at + 3] for at in range(len(text) - 2)} for text in (f" {one}  ", f" {other}  ")
    )
    return len(left & right) / len(left | right)


class Subsets:
    """Finds, for items with a relation and a set of qualifiers, others with the same and more."""

    def __init__(self) -> None:
        self._items = array("I")
        self._relations = array("Q")
        self._counts = array("I")
        self._qualifiers = array("Q")

    def add(self, item: int, relation: str, qualifiers: Iterable[str]) -> None:
        """Note what an item asks and what it qualifies it with."""
        before = len(self._qualifiers)
        self._qualifiers.extend(sorted(map(hashed, qualifiers)))
        self._items.append(item)
        self._relations.append(hashed(relation))
        self._counts.append(len(self._qualifiers) - before)

    def candidates(self) -> list[tuple[int, int]]:
        """(the one with fewer, one with more), at most ``FULL`` of the latter for each of the former."""
        if not self._items:
            return []
        items, counts = np.array(self._items, dtype=np.int64), np.array(self._counts, dtype=np.int64)
        relations, qualifiers = np.array(self._relations, np.uint64), np.array(self._qualifiers, np.uint64)
        starts = np.cumsum(counts) - counts
        sums = np.append(np.uint64(0), np.cumsum(qualifiers, dtype=np.uint64))
        full = relations + sums[starts + counts] - sums[starts]
        distinct = np.unique(full)
        found = [np.empty((0, 2), dtype=np.int64)]
        for count in np.unique(counts[counts > 0]):
            rows = np.flatnonzero(counts == count)
            table = qualifiers[starts[rows][:, None] + np.arange(count)]
            found += [
                _matches(distinct, full[rows] - table[:, left].sum(axis=1, dtype=np.uint64), items[rows])
                for left in _left_out(int(count))
            ]
        return _joined(distinct, full, items, np.concatenate(found))


def _left_out(count: int) -> list[list[int]]:
    """Which qualifiers are left out: any of a few, of many at most two."""
    most = count if count <= MOST_QUALIFIERS else 2
    return [list(left) for size in range(1, most + 1) for left in combinations(range(count), size)]


def _matches(distinct: Numbers, wanted: Numbers, items: Places) -> Places:
    places = np.minimum(np.searchsorted(distinct, wanted), len(distinct) - 1)
    hit = distinct[places] == wanted
    return np.stack([places[hit], items[hit]], axis=1)


def _joined(distinct: Numbers, full: Numbers, items: Places, found: Places) -> list[tuple[int, int]]:
    """Each item with fewer qualifiers, and the first ``FULL`` of those with more."""
    found = found[np.lexsort((found[:, 1], found[:, 0]))]
    starts = np.searchsorted(found[:, 0], np.arange(len(distinct)))
    ends = np.searchsorted(found[:, 0], np.arange(len(distinct)), side="right")
    own = np.searchsorted(distinct, full)
    joined = []
    for item, place in zip(items.tolist(), own.tolist(), strict=True):
        start, end = int(starts[place]), int(ends[place])
        joined += [(item, int(other)) for other in found[start : min(end, start + FULL), 1]]
    return joined


def nearest(
    vectors: NDArray[np.float32], groups: Sequence[int], least: float
) -> list[tuple[int, int, float]]:
    """Pairs of the same group whose cosine is at least ``least``, block by block, ``FULL`` for each."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True).astype(np.float32)
    lengths[lengths == 0] = 1
    unit: NDArray[np.float32] = vectors / lengths
    labels = np.array(groups, dtype=np.uint64)
    order = np.argsort(labels, kind="stable")
    bounds = [0, *(np.flatnonzero(labels[order][1:] != labels[order][:-1]) + 1).tolist(), len(order)]
    found: list[tuple[int, int, float]] = []
    for start, end in pairwise(bounds):
        members = order[start:end]
        for at in range(0, len(members), 1024):
            cosines = unit[members[at : at + 1024]] @ unit[members[at:]].T
            found += _best(cosines, members, at, least)
    return sorted(found)


def _best(
    cosines: NDArray[np.float32], members: Places, at: int, least: float
) -> list[tuple[int, int, float]]:
    """Of each row, the best ``FULL`` to the right of itself."""
    best = []
    for row, line in enumerate(cosines):
        others = np.flatnonzero(line[row + 1 :] >= least) + row + 1
        others = others[np.argsort(-line[others], kind="stable")][:FULL]
        best += [
            (int(members[at + row]), int(members[at + other]), float(line[other]))
            for other in others.tolist()
        ]
    return best
