"""`upscale pool`: max pooling that remembers where each maximum stood."""

import os
from pathlib import Path

import click

from ..errors import UsageError
from ..filesystem.remote import is_url
from .compare.options import MAX_PIXELS
from .streams import STREAM, standard_input
from .upkeep.suggest import file_names
from .words import GroupedCommand, Groups, Number, one_line, with_options

EPILOG = """
Examples:
  upscale pool photo.png -o pooled.png --indices pooled.npz
  upscale pooled.png -m unpool:indices=pooled.npz
"""

POOL: Groups = {
    "Files": (
        (
            ("-o", "--output"),
            {"required": True, "metavar": "OUT", "help": "The pooled image, a file."},
        ),
        (
            ("-f", "--format", "extension"),
            {"metavar": "EXT", "help": "Format of the image.  [default: that of its name]"},
        ),
        (
            ("--indices",),
            {
                "required": True,
                "metavar": "FILE.npz",
                "help": "Where each maximum stood: for unpool:indices=FILE.npz.",
            },
        ),
        (("--overwrite",), {"is_flag": True, "help": "Replace outputs that exist; without this they are refused."}),
    ),
    "Pooling": (
        (
            ("-k", "--kernel"),
            {"type": Number(1, 64, whole=True), "default": 2, "show_default": True, "help": "Side of a block."},
        ),
        (("--stride",), {"type": Number(1, 64, whole=True), "help": "From block to block.  [default: the side]"}),
        MAX_PIXELS,
    ),
}


@click.command(
    cls=GroupedCommand,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EPILOG,
)
@click.argument("image", metavar="IN", shell_complete=file_names)
@with_options(POOL)
def pool(image: str, output: str, indices: str, extension: str | None, **said) -> None:
    """Shrink IN by max pooling, and record where each maximum stood.

    The method unpool puts every value back where it was, with zeros elsewhere.
    """
    if output == STREAM:
        raise UsageError("-o -: pooling writes two files: name the image's")
    if output.endswith(("/", os.sep)):
        raise UsageError(f"-o {output}: pooling makes one image of one: give -o the name of a file")
    if not indices.lower().endswith(".npz"):
        raise UsageError(f"--indices {indices}: indices are written to a file that ends in .npz")
    for name in (image, output, indices):
        if is_url(name):
            raise UsageError(f"{name}: pooling reads and writes files of this machine")
    from ..formats import format_of
    from ..pool import pool_file

    row = format_of(extension or Path(output).suffix)
    src = standard_input().data if image == STREAM else Path(image)
    for note in pool_file(src, Path(output), Path(indices), row, **said):
        click.echo(f"upscale: {one_line(f'{image}: {note}')}", err=True)
