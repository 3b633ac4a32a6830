"""`upscale best`: the name of the method that does best, for other commands to use."""

import click

from ...errors import InputError, UsageError
from ...evaluate.choice import ALL, parse_scales
from ..streams import STREAM, standard_input
from ..upkeep.suggest import file_names
from ..words import GroupedCommand, one_line, with_options
from .command import check_words
from .options import BEST

EPILOG = """
Examples:
  upscale best photo.png -s 4
  upscale photo.png -s 4 -m "$(upscale best photo.png -s 4)"
  upscale best photos/ -s 2 -m bicubic,lanczos3,mitchell --metric ssim
"""


@click.command(
    cls=GroupedCommand,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EPILOG,
)
@click.argument("words", nargs=-1, metavar="IMAGE...", shell_complete=file_names)
@with_options(BEST)
def best(words: tuple[str, ...], **said) -> int:
    """Print the method that is best for IMAGE, and nothing else.

    The image is shrunk by --scale and enlarged again by every method; the best is nearest to what it was. Of several
    images, or a folder, the mean decides.
    """
    check_words(words, "best")
    if said["scale"] is None:
        raise UsageError("for which factor? give -s, as in -s 4")
    from ...batch.find import Search
    from ...evaluate.compare import Comparison
    from ...evaluate.images import cases
    from ...evaluate.protocol import Protocol
    from ...evaluate.rows import best_first, means
    from ..report import tell_of_compilation

    protocol = Protocol(said["convention"], (said["metric"],), said["downsampler"])
    scales = parse_scales(said["scale"])
    comparison = Comparison(protocol, said["methods"] or (ALL,), scales, said["jobs"], said["max_pixels"])
    search = Search(said["recursive"], said["include"], said["exclude"])
    tell_of_compilation()
    rows, notes, failed = [], [], False
    for block in comparison.run(cases([standard_input() if word == STREAM else word for word in words], search)):
        for error in (block,) if isinstance(block, Exception) else block.failures:
            click.echo(f"upscale: {one_line(str(error))}", err=True)
            failed = True
        if not isinstance(block, Exception):
            rows += block.rows
            notes += block.notes
    ranked = best_first(means(rows), said["metric"])
    if ranked and ranked[0].metrics[said["metric"]] is None:
        raise InputError(f"{said['metric']} says nothing of {rows[0].image}: choose another --metric")
    for note in notes:
        click.echo(one_line(note), err=True)
    if ranked:
        click.echo(ranked[0].method)
    return int(failed)
