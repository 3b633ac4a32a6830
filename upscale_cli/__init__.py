"""Resize images with every method the field knows: `resize`, `resize_file`, `compare`, `METHODS`."""

TYPE_CHECKING = False  # as in `typing`, which takes longer to import than the command line has to start
if TYPE_CHECKING:
    from .api import resize, resize_file
    from .errors import UpscaleError
    from .evaluate.compare import compare
    from .methods import METHODS

__version__ = "0.1.0"
__all__ = ["METHODS", "UpscaleError", "__version__", "compare", "resize", "resize_file"]


def __getattr__(name: str):
    """Import each thing only when it is asked for."""
    if name in ("resize", "resize_file"):
        from . import api

        return getattr(api, name)
    if name == "compare":
        from .evaluate.compare import compare

        return compare
    if name == "UpscaleError":
        from .errors import UpscaleError

        return UpscaleError
    if name == "METHODS":
        from .methods import METHODS

        return METHODS
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
