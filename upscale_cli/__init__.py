"""Resize images with every method the field knows: `resize`, `resize_file`, `METHODS`."""

from typing import TYPE_CHECKING

from .errors import UpscaleError
from .methods import METHODS

if TYPE_CHECKING:
    from .api import resize, resize_file

__version__ = "0.1.0"
__all__ = ["METHODS", "UpscaleError", "__version__", "resize", "resize_file"]


def __getattr__(name: str):
    """Import what needs NumPy and Pillow only when it is asked for."""
    if name in ("resize", "resize_file"):
        from . import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
