"""Records what Keras and PyTorch make of the cases: `python -m tests.network.make_goldens keras|torch`.

`goldens/keras.npz` was made with Keras 3.15.1 on JAX 0.10.2 (KERAS_BACKEND=jax), `goldens/torch.npz` with PyTorch
2.13.0.
"""

import sys
from pathlib import Path

import numpy as np

from . import cases

FOLDER = Path(__file__).parent / "goldens"


def keras_results():
    """Yield Keras' results, channels last."""
    import keras

    for x, kernel, arguments in cases.keras_transposed():
        yield keras.ops.conv_transpose(x, kernel, data_format="channels_last", **arguments)
    for x, kernel, arguments in cases.keras_forward():
        yield keras.ops.conv(x, kernel, data_format="channels_last", **arguments)
    for x, arguments in cases.keras_pooling():
        yield keras.ops.max_pool(x, data_format="channels_last", **arguments)
    for x, arguments in cases.keras_upsampling():
        yield keras.layers.UpSampling2D(data_format="channels_last", **arguments)(x)


def torch_results():
    """Yield PyTorch's results, channels first."""
    import torch
    from torch.nn import functional

    def first(x):
        return torch.from_numpy(np.ascontiguousarray(np.moveaxis(x, 3, 1)))

    for x, kernel, arguments in cases.torch_transposed():
        weights = torch.from_numpy(np.ascontiguousarray(kernel.transpose(3, 2, 0, 1)))
        names = {"strides": "stride", "dilation_rate": "dilation"}
        yield functional.conv_transpose2d(
            first(x), weights, **{names.get(name, name): value for name, value in arguments.items()}
        )
    for x, arguments in cases.torch_pooling():
        size, stride, padding = arguments.values()
        yield from functional.max_pool2d(first(x), size, stride, padding, return_indices=True)
    for x, indices, arguments in cases.torch_unpooling():
        size, stride, padding, output = arguments.values()
        yield functional.max_unpool2d(first(x), first(indices), size, stride, padding, output)


def main(library):
    found = [np.asarray(result) for result in {"keras": keras_results, "torch": torch_results}[library]()]
    values = np.concatenate([array.ravel() for array in found]).astype(np.float32)
    np.savez_compressed(FOLDER / f"{library}.npz", values=values, shapes=np.array([array.shape for array in found]))
    print(f"{len(found)} results")


if __name__ == "__main__":
    main(sys.argv[1])
