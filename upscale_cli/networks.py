"""Plans for networks and unpooling: passes by their own factors, and a shrink to what was asked for."""

import math
from pathlib import Path

from .enlarging import beyond, factors_of
from .errors import GeometryError, InputError
from .interpolate.axis import Axis
from .raster import Raster
from .spec import Options, Spec
from .steps import Bleed, Nearest, Network, Separable, Unpool

# What a picture that became too large is shrunk with.
SHRINKING = ("lanczos", (("lobes", 3),))


def own_size(spec: Spec) -> dict[str, str]:
    """Return what is asked for where nothing is said: the size that indices tell, or the only factor that there is.

    It is an argument of `make_request`, none if there is none. Raises InputError for files that cannot be read.
    """
    values = dict(spec.parameters)
    if values.get("indices"):
        height, width, _ = _indices(values["indices"]).shape
        return {"size": f"{width}x{height}!"}
    if values.get("weights") or values.get("stride"):
        return {"scale": str(own_factors(spec)[0])}
    return {}


def check_files(spec: Spec) -> None:
    """Read the files that a method's parameters name; InputError for one that cannot serve."""
    values = dict(spec.parameters)
    if values.get("indices"):
        _indices(values["indices"])
    if values.get("weights"):
        own_factors(spec)
    if values.get("kernel"):
        from .network.models import KERNELS, kernel_of

        if values["kernel"] not in KERNELS:
            kernel_of(Path(values["kernel"]))


def own_factors(spec: Spec) -> tuple[int, ...]:
    """Return the factors of the method's passes, as parameters and weights say; InputError for files that are none."""
    values = dict(spec.parameters)
    if values.get("stride"):
        return (values["stride"],)
    if "weights" not in values:
        return spec.method.factors
    from .network.models import own, scales_of

    if values["weights"] is None:
        return scales_of(spec.method.name, values)
    return (own(Path(values["weights"]), spec.method.name).kind.scale,)


def steps(
    raster: Raster, spec: Spec, axes: tuple[Axis, Axis], options: Options, fill: tuple[float, ...], sample: str
) -> list:
    """Return the steps that enlarge; the axes (horizontal, vertical) lead from the source to the output."""
    if spec.method.engine == "unpool":
        return _unpooling(raster, spec, axes)
    factors = factors_of(own_factors(spec), max(1 / axis.step for axis in axes))
    clear = raster.alpha and not options.straight_alpha and not raster.opaque
    found = [Bleed()] if clear and not raster.samples[..., -1].all() else []
    found += [_network(raster, spec, factor, axes[0].edge, fill, first=k == 0) for k, factor in enumerate(factors)]
    kernel, parameters = SHRINKING
    horizontal, vertical = beyond(axes, math.prod(factors), filter=kernel, parameters=parameters)
    if horizontal.is_copy and vertical.is_copy:
        whole = (horizontal.n_in, vertical.n_in) == (horizontal.n_out, vertical.n_out)
        return found if whole else [*found, Nearest(horizontal, vertical)]
    alpha = "weighted" if clear else "straight" if raster.alpha else "none"
    return [*found, Separable(kernel, horizontal, vertical, sample, "encoded", alpha, 0.0, fill)]


def _network(raster: Raster, spec: Spec, factor: int, edge: str, fill: tuple[float, ...], first: bool) -> Network:
    """Return a pass; trained networks see luma where there is one, and other colours by themselves.

    What the `first` makes of a JPEG file is clean, and is given to the next as such.
    """
    from .network.models import network_of

    values, label = dict(spec.parameters), spec.text
    if "input" in values and not first:
        values["input"], label = "clean", label.replace("input=jpeg", "input=clean")
    network_of(spec.method.name, values, factor)  # or an error, before any work
    channels = raster.samples.shape[2]
    trained, luma = spec.method.name != "deconv", raster.space == "rgb"
    lightness = luma or raster.space in ("ycbcr", "lab")
    planes = tuple(not trained or (c == 0 if lightness else c < channels - raster.alpha) for c in range(channels))
    return Network(label, spec.method.name, tuple(values.items()), factor, planes, trained and luma, edge, fill)


def _unpooling(raster: Raster, spec: Spec, axes: tuple[Axis, Axis]) -> list:
    path = dict(spec.parameters)["indices"]
    if path is None:
        factors = tuple(math.ceil(1 / axis.step) for axis in axes)
        sides = [axis.n_in * factor for axis, factor in zip(axes, factors, strict=True)]
        made = Unpool(spec.text, None, factors, *sides)
        rest = tuple(beyond((axis,), factor, filter="box")[0] for axis, factor in zip(axes, factors, strict=True))
        whole = all(axis.is_copy and axis.n_in == axis.n_out for axis in rest)
        return [made] if whole else [made, Nearest(*rest)]
    indices = _indices(path)
    height, width, _ = indices.shape
    if (width, height) != tuple(axis.n_out for axis in axes) or any(
        axis.step * axis.n_out != axis.n_in for axis in axes
    ):
        raise GeometryError(f"{path} makes {width}x{height} pixels of it: leave -s and --size out")
    return [Unpool(spec.text, path, indices.stride[::-1], width, height)]


def check_indices(raster: Raster, spec: Spec) -> None:
    """Raise InputError for a picture that was not written with the indices that its method takes."""
    path, shape = dict(spec.parameters).get("indices"), raster.samples.shape
    if path and _indices(path).places.shape != shape:
        height, width, channels = _indices(path).places.shape
        raise InputError(
            f"it has {shape[1]}x{shape[0]} pixels of {shape[2]} channels, and {path} is for {width}x{height} of "
            f"{channels}: give the picture that was written with it"
        )


def _indices(path: str):
    from .network.indices import read

    return read(Path(path))
