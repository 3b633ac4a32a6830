"""A network as a list of taps, and the kernel that works it off.

Planes of float32 stand in one array, all of the size of a tile and what is around it. What a layer makes of the pixel
(y, x) stands at (y, x) of a plane, and what its taps, a skip or the input add to it is a constant distance away. Four
outputs at a time are swept along a row, four taps at a time; taps that are zero in all four are left out.
"""

from typing import NamedTuple

import numpy as np

from ..jit import helper, kernel
from .architectures import Architecture

TOGETHER = 4  # outputs, and taps, that the kernel takes at a time

f4 = np.float32
i8 = np.int64
u8 = np.uint64


@helper
def _add_up(taps, weights, block, bias, at, n, sums, work):
    """Sum up the taps of a block of four outputs for n pixels from `at` on."""
    four = u8(TOGETHER)
    for b in range(four):
        for x in range(n):
            sums[b, x] = bias[b]
    for t in range(u8(block[0]), u8(block[1]), four):
        for x in range(n):
            for b in range(four):
                total = sums[b, x]
                for k in range(four):
                    total += weights[t + k, b] * work[u8(taps[t + k] + at) + x]
                sums[b, x] = total


@helper
def _put(block, slopes, size, at, n, sums, work):
    """Apply PReLU, add what stands elsewhere if it is asked for, and store the planes of a block."""
    for b in range(u8(block[3])):
        for x in range(n):
            v = sums[b, x]
            sums[b, x] = max(v, f4(0)) + slopes[b] * min(v, f4(0))
        if block[4] >= 0:
            for x in range(n):
                sums[b, x] += work[u8(block[4] + at) + b * size + x]
        for x in range(n):
            work[u8(block[2] + at) + b * size + x] = sums[b, x]


@kernel("void(i8[:,::1],i8[:,::1],i8[::1],f4[:,::1],f4[:,:,::1],i8,i8,f4[:,::1],f4[::1])")
def _convolve(layers, blocks, taps, weights, ends, height, width, sums, work):
    """Work off the layers in `work`, planes of height x width samples.

    A layer has its reach so far, which its output is short of at every border, and its blocks from and to. A block has
    its taps from and to, the place of its first plane, how many of the four outputs it has, and where what is added to
    them begins, if not -1. `taps` are distances in `work`, `weights` (taps, 4); `ends` (blocks, 2, 4) are biases and
    slopes of PReLU. `sums` (4, width) is scratch.
    """
    for layer in range(layers.shape[0]):
        reach = layers[layer, 0]
        n = u8(width - 2 * reach)
        for y in range(reach, height - reach):
            at = y * width + reach
            for k in range(u8(layers[layer, 1]), u8(layers[layer, 2])):
                _add_up(taps, weights, blocks[k], ends[k, 0], at, n, sums, work)
                _put(blocks[k], ends[k, 1], u8(height * width), at, n, sums, work)


class Program(NamedTuple):
    """What `convolve` is told for tiles of height x width samples, the network's radius on each side included.

    The input is plane 0 of `planes`, the output those from `result` on.
    """

    layers: np.ndarray
    blocks: np.ndarray
    taps: np.ndarray
    weights: np.ndarray
    ends: np.ndarray
    height: int
    width: int
    planes: int
    result: int

    def run(self, work: np.ndarray) -> None:
        """Work off the network in `work`, float32 (planes, height, width)."""
        sums = np.empty((TOGETHER, self.width), f4)
        _convolve(*self[:5], self.height, self.width, sums, work.reshape(-1))


def program(kind: Architecture, arrays: dict[str, np.ndarray], height: int, width: int) -> Program:
    """Return the program of a network with its weights for tiles of height x width samples."""
    size, last = height * width, len(kind.layers) - 1
    widest = max(layer.outputs for layer in kind.layers)
    first, sets = 1, (1 + widest, 1 + 2 * widest)  # the first layer's planes are kept for a skip, the others change
    source, reach = 0, 0
    layers, blocks, taps, weights, ends = [], [], [], [], []
    for k, layer in enumerate(kind.layers):
        to = sets[k % 2] if k else first
        half = layer.size // 2
        reach += half
        rows, columns = np.mgrid[-half : half + 1, -half : half + 1]
        places = ((source + np.arange(layer.inputs))[:, None] * size + (rows * width + columns).ravel()).ravel()
        kernel_of = arrays[f"kernel{k}"].reshape(layer.outputs, -1).T
        if k == last and kind.residual:
            places, kernel_of = np.append(places, 0), np.vstack([kernel_of, np.ones(layer.outputs)])
        layers.append((reach, len(blocks), len(blocks) - (-layer.outputs // TOGETHER)))
        for begin in range(0, layer.outputs, TOGETHER):
            outputs = slice(begin, min(begin + TOGETHER, layer.outputs))
            four = np.zeros((len(places), TOGETHER))
            four[:, : outputs.stop - begin] = kernel_of[:, outputs]
            used = np.flatnonzero(four.any(1))
            spare = -len(used) % TOGETHER  # taps of no weight
            skip = (first + begin) * size if kind.skip and k == last - 1 else -1
            from_tap = sum(map(len, taps))
            taps.append(np.append(places[used], [places[0]] * spare))
            weights.append(np.vstack([four[used], np.zeros((spare, TOGETHER))]))
            blocks.append((from_tap, from_tap + len(taps[-1]), (to + begin) * size, outputs.stop - begin, skip))
            end = np.zeros((2, TOGETHER))
            end[0, : outputs.stop - begin] = arrays[f"bias{k}"][outputs]
            end[1, : outputs.stop - begin] = 1 if k == last else arrays[f"slope{k}"][outputs]
            ends.append(end)
        source = to
    return Program(
        np.array(layers, i8), np.array(blocks, i8), np.concatenate(taps).astype(i8), np.vstack(weights).astype(f4),
        np.stack(ends).astype(f4), height, width, 1 + 3 * widest, source,
    )  # fmt: skip
