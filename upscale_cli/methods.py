"""The table of methods: the one place where a method's name, parameters and purpose stand.

A separable row names the function in `interpolate/filters.py` that is its kernel; a new kernel is that function and a
row here. Everything that lists methods (help, README, tests, benchmarks) reads this table.
"""

from typing import NamedTuple

FAMILIES = ("traditional", "directional", "pixelart", "network", "automatic")


class Parameter(NamedTuple):
    """What a method takes after the colon of its spec, for example `lobes` in `lanczos:lobes=4`.

    A number; one of `choices` if there are any; a file's name that ends in `suffix`; or, by its default, true or false.
    `default` is None where the value follows from another parameter, or there is none; `low` and `high` are the
    inclusive range, of even numbers only where `even` is true.
    """

    name: str
    default: float | str | bool | None
    low: float
    high: float
    about: str
    whole: bool = False
    even: bool = False
    choices: tuple[str, ...] = ()
    suffix: str = ""


class Method(NamedTuple):
    """One way of resampling.

    `engine` is what runs it: "nearest", "area", "separable" (one weight function an axis), "radial" (one weight
    function of the distance), "lattice" (passes of two over a lattice), "region" (within segments), "scale", "hqx" and
    "xbr" (passes by `factors` over pixels), "unpool" (pixels among zeros), "network" (passes by `factors` of
    convolutions), or "auto" (another method, as the picture asks). `constants` are arguments
    of `filter` that this row fixes. `aliases` are other names, each with the parameters that it stands for. `edge` is
    what stands beyond the border unless told otherwise; `paper` where the method is from.
    """

    name: str
    family: str
    engine: str
    about: str
    use: str
    filter: str = ""
    parameters: tuple[Parameter, ...] = ()
    constants: tuple[tuple[str, float], ...] = ()
    aliases: tuple[tuple[str, tuple[tuple[str, float], ...]], ...] = ()
    factors: tuple[int, ...] = ()
    enlarges: bool = True
    shrinks: bool = True
    edge: str = "reflect"
    paper: str = ""

    @property
    def filters(self) -> bool:
        """Whether it is nothing but a weight function, which can act in linear light, widened and so on."""
        return self.family == "traditional"

    @property
    def blends(self) -> bool:
        """Whether it always mixes pixels, so that a result can be refined; others keep pixels, or may."""
        return self.engine not in ("nearest", "region", "scale", "hqx", "xbr", "unpool", "auto")


def _separable(name: str, kernel: str, about: str, use: str, *parameters: Parameter, **more) -> Method:
    return Method(name, "traditional", "separable", about, use, kernel, parameters, **more)


def _radial(name: str, kernel: str, about: str, use: str, **constants: float) -> Method:
    return Method(name, "traditional", "radial", about, use, kernel, constants=tuple(constants.items()))


def _b_and_c(b: float | None, c: float | None, c_follows: str = "") -> tuple[Parameter, Parameter]:
    return (
        Parameter("b", b, 0.0, 3.0, "blur: weight of the B-spline part"),
        Parameter("c", c, -2.0, 3.0, "sharpness: weight of the cardinal part" + c_follows),
    )


_KEYS = Parameter("a", -0.5, -2.0, 0.0, "slope at distance 1; OpenCV and torch use -0.75")
_LOBES = Parameter("lobes", 3, 2, 5, "half-width in source pixels", whole=True)
_BETA = Parameter("beta", 6.5, 0.0, 20.0, "0 cuts the sinc off, more rings less")
_SIGMA = Parameter("sigma", 0.5, 0.05, 10.0, "standard deviation in source pixels")
_LANCZOS = tuple((f"lanczos{n}", (("lobes", n),)) for n in (2, 3, 4, 5))
_BSPLINE = (("b", 1.0), ("c", 0.0))
# Robidoux's own values, derived so that EWA keeps vertical and horizontal lines.
_ROBIDOUX = (("b", 0.37821575509399867), ("c", 0.31089212245300067))
_ROBIDOUX_SHARP = (("b", 0.2620145123990142), ("c", 0.3689927438004929))
_SHARP_BLUR = 0.9812505644269356

TRADITIONAL = (
    Method(
        "nearest", "traditional", "nearest", "The source pixel under each new centre.", "masks, label maps, pixel art"
    ),
    _separable("box", "box", "Mean of the pixels within half a pixel.", "fast shrinking"),
    Method(
        "area",
        "traditional",
        "area",
        "Exact mixing of the pixels covered.",
        "shrinking without ringing",
    ),
    _separable("bilinear", "triangle", "Straight lines between pixels.", "results without any ringing"),
    _separable("hermite", "hermite", "Smooth steps between pixels.", "smooth shrinking, no ringing"),
    _separable(
        "bicubic", "cubic", "Keys' cubic convolution.", "most things", _KEYS, *_b_and_c(0.0, None, "; default -a")
    ),
    _separable("mitchell", "cubic", "Mitchell and Netravali's cubic.", "little ringing", *_b_and_c(1 / 3, 1 / 3)),
    _separable(
        "catmull-rom", "cubic", "Catmull-Rom spline.", "crisp results", *_b_and_c(0.0, 0.5), aliases=(("catrom", ()),)
    ),
    _separable("bspline", "cubic", "Cubic B-spline.", "deliberate softness, noise", constants=_BSPLINE),
    _separable("robidoux", "cubic", "Robidoux's cubic.", "shrinking photographs", constants=_ROBIDOUX),
    _separable("robidoux-sharp", "cubic", "A sharper Robidoux.", "enlarging photographs", constants=_ROBIDOUX_SHARP),
    _separable("lanczos", "lanczos", "Sinc windowed by a wider sinc.", "sharp photographs", _LOBES, aliases=_LANCZOS),
    _separable("hamming", "hamming", "Sinc under a Hamming window, radius 1.", "sharpness at bilinear's cost"),
    _separable("hann", "hann", "Sinc under a Hann window.", "sharpness, less ringing", _LOBES),
    _separable("blackman", "blackman", "Sinc under a Blackman window.", "sharpness, the least ringing", _LOBES),
    _separable("kaiser", "kaiser", "Sinc under a Kaiser window.", "sharpness against ringing", _LOBES, _BETA),
    _separable("gaussian", "gaussian", "Gaussian blur and resampling in one.", "noise, blur before shrinking", _SIGMA),
    _separable("spline16", "spline16", "Cubic spline on 4 samples.", "photographs"),
    _separable("spline36", "spline36", "Cubic spline on 6 samples.", "photographs, less ringing than Lanczos"),
    _separable("spline64", "spline64", "Cubic spline on 8 samples.", "photographs, fine texture"),
    _separable(
        "magic-kernel-sharp-2013", "magic_kernel_sharp_2013", "Costella's Magic Kernel, sharpened.", "shrinking"
    ),
    _separable(
        "magic-kernel-sharp-2021", "magic_kernel_sharp_2021", "The same to higher order.", "enlarging without blocks"
    ),
    _radial("ewa-lanczos", "jinc_jinc", "Jinc windowed by jinc, on a disc.", "diagonals without staircases", blur=1.0),
    _radial("ewa-lanczos-sharp", "jinc_jinc", "EWA Lanczos, sharpened.", "diagonals in photographs", blur=_SHARP_BLUR),
    _radial("ewa-robidoux", "cubic", "Robidoux's cubic on a disc.", "smooth, isotropic shrinking", **dict(_ROBIDOUX)),
)

_WINDOW = Parameter("window", 6, 2, 16, "side of the training window in source pixels", whole=True, even=True)
_VARIANCE = Parameter("threshold", 8.0, 0.0, 65025.0, "variance in squared levels below which a point is the mean")
_ENERGY = (
    Parameter("iterations", 10, 1, 50, "how often points are moved", whole=True),
    Parameter("continuity", 1.0, 0.0, 100.0, "weight of second derivatives that are as nearby"),
    Parameter("enhancement", 1.0, 0.0, 100.0, "weight of large second derivatives"),
    Parameter("smoothing", 0.5, 0.0, 100.0, "weight of straight contour lines"),
)
_PATHS = (
    Parameter("alpha", 0.2, 0.0, 1.0, "weight of like surroundings along a direction"),
    Parameter("beta", 0.25, 0.0, 1.0, "cost of a step away from straight across"),
    Parameter("gamma", 20.0, 0.0, 1000.0, "cost of a change of direction from point to point"),
    Parameter("nrad", 2, 0, 3, "radius of the surroundings in source pixels", whole=True),
    Parameter("mdis", 20, 1, 40, "farthest that a direction may lead, in source pixels", whole=True),
)
_KERNELS = tuple(
    name
    for row in TRADITIONAL
    if row.engine == "separable"
    for name in (row.name, *(alias for alias, _ in row.aliases))
)
_SEGMENTS = (
    Parameter("tolerance", 16.0, 0.0, 255.0, "levels by which neighbours of one region may differ"),
    Parameter("min_area", 4, 1, 1_000_000, "pixels of the smallest region that is kept", whole=True),
    Parameter("inside", "bicubic", 0, 0, "the kernel within regions", choices=_KERNELS),
)


def _directional(name: str, engine: str, about: str, use: str, paper: str, *parameters: Parameter) -> Method:
    return Method(name, "directional", engine, about, use, parameters=parameters, shrinks=False, paper=paper)


def _pixelart(
    name: str, engine: str, factors: tuple[int, ...], about: str, use: str, paper: str, like: float
) -> Method:  # fmt: skip
    tolerance = Parameter("tolerance", like, 0.0, 255.0, "levels by which like colours may differ")
    return Method(
        name, "pixelart", engine, about, use, parameters=(tolerance,), factors=factors, shrinks=False, edge="replicate",
        paper=paper,
    )  # fmt: skip


DIRECTIONAL = (
    _directional(
        "dcci", "lattice", "Cubics along or across edges.", "photographs and drawings, fast",
        "Zhou, Shen, Dong: Image zooming using directional cubic convolution interpolation, IET Image Process. 2012",
    ),
    _directional(
        "nedi", "lattice", "Weights trained on the neighbourhood.", "long edges, at the cost of texture",
        "Li, Orchard: New edge-directed interpolation, IEEE Trans. Image Process. 2001", _WINDOW, _VARIANCE,
    ),
    _directional(
        "icbi", "lattice", "Curvature evened out step by step.", "photographs, the best of the edge-directed",
        "Giachetti, Asuni: Real-time artifact-free image upscaling, IEEE Trans. Image Process. 2011", *_ENERGY,
    ),
    _directional(
        "eedi3", "lattice", "Directions chosen for whole lines at once.", "shallow edges, line art",
        "Stone: EEDI3, enhanced edge directed interpolation 3, 2010", *_PATHS,
    ),
    _directional(
        "region", "region", "Neighbours of the same region only.", "label images, maps, flat art, screenshots",
        "after the region-based class of Fu, Guo: A survey of image interpolation, 2009", *_SEGMENTS,
    ),
)  # fmt: skip

PIXELART = (
    _pixelart("scale2x", "scale", (2,), "Corners of like neighbours, rounded off.", "sprites of few colours",
              "Mazzoleni: Scale2x, 2001 (EPX: Johnston, 1992)", 0),
    _pixelart("scale3x", "scale", (3,), "The same in thirds.", "sprites of few colours", "Mazzoleni: Scale3x, 2001", 0),
    _pixelart("scale4x", "scale", (4,), "Scale2x twice.", "sprites of few colours", "Mazzoleni: Scale4x, 2001", 0),
    _pixelart("hqx", "hqx", (2, 3, 4), "Blends by the pattern of like neighbours.", "sprites, smooth and exact",
              "Stepin: hq2x, hq3x, hq4x, 2003", 48),
    _pixelart("xbr", "xbr", (2, 3, 4), "Edges found by weighed differences.", "sprites, the smoothest curves",
              "Hyllian: xBR, 2011", 155),
)  # fmt: skip

_INDICES = Parameter("indices", None, 0, 0, "where each pixel goes, as `upscale pool` writes it", suffix=".npz")
_DECONVOLUTION = (
    Parameter(
        "kernel", "bilinear", 0, 0, "taps; of a file a 2-D array, taken as it is", suffix=".npy",
        choices=("bilinear", "bicubic", "gaussian"),
    ),
    Parameter("stride", None, 2, 8, "the factor of a pass; default the factor asked for", whole=True),
)  # fmt: skip
_WEIGHTS = Parameter("weights", None, 0, 0, "a network of your own, as `upscale train` writes it", suffix=".npz")
_ENSEMBLE = Parameter("self_ensemble", False, 0, 0, "mean over eight flips and rotations, in eight times the time")
_SESR = (
    Parameter("size", "medium", 0, 0, "small takes a quarter of the time", choices=("small", "medium")),
    Parameter("input", "clean", 0, 0, "jpeg: trained on JPEG files, whose blocks go", choices=("clean", "jpeg")),
    _WEIGHTS,
    _ENSEMBLE,
)


def _network(
    name: str, engine: str, factors: tuple[int, ...], about: str, use: str, paper: str, *parameters: Parameter, **more
) -> Method:
    return Method(
        name, "network", engine, about, use, parameters=parameters, factors=factors, shrinks=False, paper=paper, **more
    )  # fmt: skip


NETWORK = (
    _network("unpool", "unpool", tuple(range(2, 9)), "Pixels at their recorded places, zeros elsewhere.",
             "seeing what a decoder sees", "Zeiler, Fergus: Visualizing and understanding convolutional networks, 2014",
             _INDICES),
    _network("deconv", "network", tuple(range(2, 9)), "Transposed convolution by a fixed kernel.",
             "seeing what a decoder sees, kernels of your own",
             "Long, Shelhamer, Darrell: Fully convolutional networks for semantic segmentation, 2015", *_DECONVOLUTION),
    _network("fsrcnn", "network", (2, 3, 4), "A trained network that ends in a transposed convolution.", "photographs",
             "Dong, Loy, Tang: Accelerating the super-resolution convolutional neural network, 2016", _WEIGHTS,
             _ENSEMBLE),
    _network("sesr", "network", (2, 3, 4), "A small trained network of plain convolutions.", "photographs",
             "Bhardwaj et al.: Collapsible linear blocks for super-efficient super resolution, 2022", *_SESR,
             aliases=(("sr", ()),)),
)  # fmt: skip

AUTOMATIC = (
    Method("auto", "automatic", "auto", "The method that the picture asks for.", "folders of all kinds of pictures"),
)

METHODS: dict[str, Method] = {row.name: row for row in (*TRADITIONAL, *DIRECTIONAL, *PIXELART, *NETWORK, *AUTOMATIC)}
DEFAULT_METHOD = "bicubic"
