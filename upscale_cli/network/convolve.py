"""Networks as a list of taps, and what works them off, row by row.

Every plane is a ring of rows of float32: just as many as the layers that read it look back at, so that all of them stay
in the cache. Rows are made in whole blocks, `pitch` samples apart; what a layer makes of the pixel (y, x) stands at x
of the row y, and samples nearer to a row's ends than the layer's reach mean nothing.

A block is some outputs of some samples of a row. Its sums are held in registers while all taps are added up; taps that
are zero in all outputs of a block are left out. Four taps at a time, with sums in memory, ran at 17 GMAC/s, this at 60
on a core whose peak is 80.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..jit import helper, interpreted, wide
from .architectures import Architecture

MARGIN = 16  # samples before the first row and after the last, which taps may reach

Network = tuple[Architecture, dict[str, np.ndarray]]

f4 = np.float32
i8 = np.int64
u8 = np.uint64


@functools.cache
def shapes() -> dict[int, int]:
    """Return how many samples blocks of so many outputs have: sums, samples and weights must fit in registers."""
    if interpreted():
        return {4: 4}
    return {8: 32, 4: 64} if wide() else {4: 16}


@functools.cache
def _sweeper(outputs: int, samples: int) -> Callable:
    """Return a helper that works off the blocks of so many outputs and samples along a row of n.

    `ends` are the outputs' biases and slopes of PReLU, `places` where the taps begin in `work`, `to` and `skip` where
    the first output and what is added to it do (-1 if nothing is); for the next ones it is `apart` and `skip_apart`
    further on.
    """
    n_outputs, n_samples = u8(outputs), u8(samples)

    @helper
    def sweep(places, weights, ends, n, to, apart, skip, skip_apart, sums, work):
        for begin in range(u8(0), n, n_samples):
            for x in range(n_samples):
                for b in range(n_outputs):
                    sums[b * n_samples + x] = ends[b]
            for t in range(u8(places.size)):
                at, weight = u8(places[t]) + begin, t * n_outputs
                for x in range(n_samples):
                    for b in range(n_outputs):
                        sums[b * n_samples + x] += weights[weight + b] * work[at + x]
            for b in range(n_outputs):
                at, slope = u8(to) + b * u8(apart) + begin, ends[n_outputs + b]
                for x in range(n_samples):
                    v = sums[b * n_samples + x]
                    work[at + x] = max(v, f4(0)) + slope * min(v, f4(0))
                if skip >= 0:
                    beside = u8(skip) + b * u8(skip_apart) + begin
                    for x in range(n_samples):
                        sums[b * n_samples + x] = work[at + x] + work[beside + x]
                    for x in range(n_samples):
                        work[at + x] = sums[b * n_samples + x]

    return sweep


@functools.cache
def convolver() -> Callable:
    """Return a helper that makes all rows of all layers that can be made of the rows of the inputs up to y.

    It is told the arrays of a `Program`, how many samples of the `pitch` of a row are wanted, and the arrays of
    `Program.scratch`.
    """
    few, several = min(shapes()), max(shapes())
    sweep_few, sweep_several = _sweeper(few, shapes()[few]), _sweeper(several, shapes()[several])

    @helper
    def convolve(y, layers, blocks, taps, weights, ends, n, pitch, places, sums, work):
        for layer in range(layers.shape[0]):
            row = y - layers[layer, 0]
            for k in range(layers[layer, 1], layers[layer, 2] if row >= layers[layer, 0] else 0):
                block = blocks[k]
                first, last, outputs = block[0], block[1], block[2]
                for t in range(u8(first), u8(last)):
                    places[t] = MARGIN + (taps[t, 0] + ((row + taps[t, 1]) & taps[t, 2])) * pitch + taps[t, 3]
                to = MARGIN + (block[5] + (row & (block[6] - 1))) * pitch
                skip = MARGIN + (block[7] + (row & (block[8] - 1))) * pitch if block[7] >= 0 else -1
                at, end = places[first:last], ends[block[4] : block[4] + 2 * outputs]
                shares = weights[block[3] : block[3] + (last - first) * outputs]
                if outputs == few:
                    sweep_few(at, shares, end, n, to, block[6] * pitch, skip, block[8] * pitch, sums, work)
                else:
                    sweep_several(at, shares, end, n, to, block[6] * pitch, skip, block[8] * pitch, sums, work)

    return convolve


class Program(NamedTuple):
    """What `convolver`'s helper is told, int64 but for weights and ends; it holds for rows of any length.

    A layer has how many rows it is behind the input, its blocks from and to. A block has its taps from and to, its
    outputs, where its weights and ends begin, and the first row and the rows of the ring of its first output and of
    what is added to it (-1 if nothing is). A tap has the first row of its ring, how far it is up or down, the ring's
    rows less one, and how far it is to the right. `inputs` and `results` are the first rows of the networks' inputs,
    of `ring` rows each, and outputs, of one.
    """

    layers: np.ndarray
    blocks: np.ndarray
    taps: np.ndarray
    weights: np.ndarray
    ends: np.ndarray
    inputs: np.ndarray
    results: np.ndarray
    ring: int
    radius: int
    rows: int

    @staticmethod
    def pitch(n: int) -> int:
        """Return how far rows of n samples are apart: an odd number of cache lines, so that they lie in other sets."""
        whole = -(-n // max(shapes().values())) * max(shapes().values())
        return whole + (16 if whole // 16 % 2 == 0 else 32)

    def scratch(self, pitch: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return `places` of taps, `sums` and `work`, float32 (MARGIN + rows * pitch + MARGIN), for one thread."""
        sums = max(outputs * samples for outputs, samples in shapes().items())
        return np.empty(len(self.taps), i8), _aligned(sums), _aligned(2 * MARGIN + self.rows * pitch)


def _aligned(n: int) -> np.ndarray:
    """Return n zeros, float32, that begin where a cache line does."""
    room = np.zeros(n + 15, f4)
    first = -(room.ctypes.data // 4) % 16
    return room[first : first + n]


class _Ring(NamedTuple):
    """Planes of one layer, or an input: how far they are behind the newest input, where they begin, and their rows."""

    lag: int
    first: int
    rows: int


class _Builder:
    """Programs under construction."""

    def __init__(self, radius: int, ring: int) -> None:
        self.radius, self.ring, self.rows = radius, ring, 0
        self.layers, self.blocks, self.taps, self.weights, self.ends = [], [], [], [], []
        self.inputs, self.results = [], []

    def planes(self, lag: int, count: int, rows: int) -> _Ring:
        made = _Ring(lag, self.rows, rows)
        self.rows += count * rows
        return made

    def network(self, kind: Architecture, arrays: dict[str, np.ndarray]) -> None:
        """Add the layers of a network."""
        last, lag = len(kind.layers) - 1, self.radius - kind.radius
        source = first = entry = self.planes(0, 1, self.ring)
        self.inputs.append(entry.first)
        for k, layer in enumerate(kind.layers):
            half = layer.size // 2
            lag += half
            later = 0 if k == last else kind.layers[k + 1].size // 2 * 2
            if kind.skip and k == 0:
                later = max(later, sum(other.size // 2 for other in kind.layers[1:-1]))
            to = self.planes(lag, -(-layer.outputs // 4) * 4, _power_of_two(later + 1))
            rows, columns = np.mgrid[-half : half + 1, -half : half + 1]
            table = [
                (source.first + i * source.rows, row, source.rows - 1, column)
                for i in range(layer.inputs)
                for row, column in zip(rows.flat, columns.flat, strict=True)
            ]
            kernel = arrays[f"kernel{k}"].reshape(layer.outputs, -1).T
            if k == last and kind.residual:
                table.append((entry.first, 0, entry.rows - 1, 0))
                kernel = np.vstack([kernel, np.ones(layer.outputs)])
            slopes = np.ones(layer.outputs) if k == last else arrays[f"slope{k}"]
            skip = first if kind.skip and k == last - 1 else None
            self.layer(np.array(table), kernel, np.stack([arrays[f"bias{k}"], slopes]), to, skip)
            source = to
            first = to if k == 0 else first
        self.results.append(source.first)

    def layer(self, table: np.ndarray, kernel: np.ndarray, ends: np.ndarray, to: _Ring, skip: _Ring | None) -> None:
        """Add the blocks of a layer: `kernel` (taps, outputs) and `ends` (2, outputs)."""
        from_block = len(self.blocks)
        for outputs in blocks_of(kernel):
            block = np.zeros((len(kernel), outputs.stop - outputs.start))
            end = np.zeros((2, block.shape[1]))
            part = kernel[:, outputs]
            block[:, : part.shape[1]] = part
            end[:, : part.shape[1]] = ends[:, outputs]
            used = block.any(1)
            place = (len(self.taps), len(self.taps) + used.sum(), block.shape[1], sum(map(len, self.weights)))
            aside = (skip.first + outputs.start * skip.rows, skip.rows) if skip else (-1, 1)
            ring = to.first + outputs.start * to.rows, to.rows
            self.blocks.append((*place, sum(map(len, self.ends)), *ring, *aside))
            self.taps += [tuple(tap) for tap in table[used]]
            self.weights.append(block[used].ravel())
            self.ends.append(end.ravel())
        self.layers.append((to.lag, from_block, len(self.blocks)))


def blocks_of(kernel: np.ndarray) -> list[slice]:
    """Return the outputs of each block: as many as may be that have the same taps."""
    few, several = min(shapes()), max(shapes())
    used, begin, found = kernel != 0, 0, []
    while begin < kernel.shape[1]:
        halves = [used[:, i : i + few].any(1) for i in range(begin, begin + several, few)]
        whole = begin + several <= kernel.shape[1] and all((half == halves[0]).all() for half in halves)
        found.append(slice(begin, begin + (several if whole else few)))
        begin = found[-1].stop
    return found


def _power_of_two(n: int) -> int:
    return 1 << (n - 1).bit_length()


def program(networks: list[Network]) -> Program:
    """Return the program of networks that work side by side, each on an input of its own."""
    radius = max(kind.radius for kind, _ in networks)
    ahead = max(kind.layers[0].size // 2 * 2 + radius - kind.radius for kind, _ in networks)
    made = _Builder(radius, _power_of_two(max(ahead, radius) + 1))
    for kind, arrays in networks:
        made.network(kind, arrays)
    return Program(
        np.array(made.layers, i8), np.array(made.blocks, i8), np.array(made.taps, i8),
        np.concatenate(made.weights).astype(f4), np.concatenate(made.ends).astype(f4),
        np.array(made.inputs, i8), np.array(made.results, i8), made.ring, radius, made.rows,
    )  # fmt: skip
