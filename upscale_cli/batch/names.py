"""What results are called, told from names alone wherever that is possible, and which names cannot be."""

import functools
import os
import re
import string
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from os.path import join, splitext

from ..errors import OutputError, UsageError
from ..filesystem.atomic import kind_of
from ..filesystem.remote import is_url, place_of
from ..formats import BY_EXTENSION, Format, format_of
from ..geometry import Scale, Size
from .find import Input

TOO_WIDE = re.compile(r"\{\w*(![rsa])?:[^}]*\d{4}")  # a field that would be filled up to 1000 characters or more
FIELDS = ("dir", "stem", "ext", "scale", "method", "width", "height", "name", "sub")


def fields_of(template: str) -> list[str]:
    """Return the names of a template's fields; ValueError where it is none."""
    return [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]


def _filled(template: str, values: dict[str, object]) -> str:
    """Return a template with its fields filled in; only {dir} at its start leads upwards by an input's `..`."""
    path = ""
    for literal, name, spec, conversion in string.Formatter().parse(template):
        path += literal
        if name is not None:
            field = f"{{{name}{'!' * bool(conversion)}{conversion or ''}{':' * bool(spec)}{spec}}}"
            parts = field.format(**values).split("/")
            path += "/".join(part for part in parts if part != ".." or (name == "dir" and not path))
    return path if template.startswith(("/", "{dir")) else path.lstrip("/")  # which an empty field leaves at the start


def check_template(output: str | None, several: bool, n_sizes: int = 1) -> None:
    """Raise UsageError for an output that cannot serve.

    That is one with an unknown field, one file's name for several inputs, or one name for several sizes.
    """
    if output is None:
        return
    if output == "-":
        if several or n_sizes > 1:
            raise UsageError("-o - takes one image, and there are several: name a folder or a template")
        return
    if not output or "\0" in output:
        raise UsageError("-o needs the name of a file or a folder")
    try:
        fields = fields_of(output)
        unknown = next((name for name in fields if name not in FIELDS), None)
        if TOO_WIDE.search(output):
            raise ValueError("no name is so long")
        if unknown is None:
            output.format(**(dict.fromkeys(FIELDS, "") | {"width": 1, "height": 1}))
    except (ValueError, KeyError, IndexError, AttributeError) as error:
        raise UsageError(f"-o {output}: it is no template ({error}): write {{stem}}, or {{width:05d}}") from None
    if unknown is not None:
        raise UsageError(f"-o {output}: there is no field {{{unknown}}}: it has {{{'}, {'.join(FIELDS)}}}")
    if n_sizes > 1 and not {"scale", "width", "height"} & {*fields}:
        needed = "several sizes need {scale}, {width} or {height} in the name"
        raise UsageError(f"-o {output}: {needed}, as in -o 'out/{{stem}}_x{{scale}}{{ext}}'")
    if several and not fields and splitext(output)[1].lower().removeprefix(".") in BY_EXTENSION:
        raise UsageError(f"-o {output} names one file, and there are several inputs: name a folder or a template")


@dataclass(frozen=True)
class Naming:
    """How outputs are called: `output` is what -o said, `extension` what -f said."""

    output: str | None
    extension: str | None
    method: str
    target: Scale | Size
    several: bool

    @property
    def _tail(self) -> str:
        return f"{'x' * isinstance(self.target, Scale)}{self.target}_{self.method}"

    @functools.cached_property
    def _names_folder(self) -> bool:
        kind = kind_of(self.output)
        return kind != "special" and (self.several or kind == "folder" or self.output.endswith(("/", os.sep)))

    @functools.cached_property
    def _folder(self) -> str:
        return cleaned(self.output)

    @functools.cached_property
    def _fields(self) -> frozenset[str]:
        return frozenset(fields_of(self.output or ""))

    def of(self, target: Scale | Size) -> "Naming":
        """Return the rule for another target."""
        return replace(self, target=target)

    def needs_size(self, source: Input) -> bool:
        """Whether the name cannot be told without the size of the result."""
        if self.output is None:
            return isinstance(self.target, Size) and not source.within
        sides = {"width", "height", "scale"} if isinstance(self.target, Size) else {"width", "height"}
        return bool(self._fields & sides)

    @property
    def follows_input(self) -> bool:
        """Whether outputs take their input's extension."""
        if self.extension or self.output is None:
            return not self.extension
        if self.output == "-":
            return True
        if "{" in self.output:
            return "ext" in self._fields or self.output.endswith("/")
        return self._names_folder

    def format_of(self, source: Input, destination: str | None) -> Format:
        """Return the format to write: what -f says, else what the name says, or for standard output the input's."""
        return format_of(self.extension or splitext(destination or source.path)[1])

    def folder(self, within: str) -> str | None:
        """Return the output folder of an input folder; None where a template tells it file by file."""
        if self.output is None:
            whole = within.rstrip("/") if is_url(within) else os.path.abspath(within)
            return f"{whole}_{self._tail}"
        return None if "{" in self.output else self._folder

    def destination(self, source: Input, size: tuple[int, int] | None) -> str | None:
        """Return the output's path or URL, None for standard output; `size` is the result's where the name needs it."""
        if self.output == "-":
            return None
        parent, name = os.path.split(source.path)
        stem, extension = splitext(name)
        if self.extension:
            extension = f".{self.extension.lower().removeprefix('.')}"
        sides = f"{size[0]}x{size[1]}" if size else ""
        if self.output and "{" in self.output:
            width, height = size or (0, 0)
            scale = str(self.target) if isinstance(self.target, Scale) else sides
            sub = os.path.dirname(source.tail) if source.within else ""
            values = (parent or ".", stem, extension, scale, self.method, width, height, name, sub)
            path = _filled(self.output, dict(zip(FIELDS, values, strict=True)))
            return cleaned(f"{path}{stem}{extension}" if path.endswith("/") else path)
        if source.within:
            return join(self.folder(source.within), splitext(source.tail)[0] + extension)
        if self.output is None:
            tail = f"{sides}_{self.method}" if size else self._tail
            return join(parent, f"{stem}_{tail}{extension}")
        if self._names_folder:
            return join(self._folder, f"{stem}{extension}")
        return cleaned(self.output)


def cleaned(text: str) -> str:
    """Return a path as `Path` writes it, or a URL as it is."""
    return str(place_of(text))


def check_names(named: list[tuple[Input, Naming, str]], inputs: Iterable[Input]) -> None:
    """Raise OutputError where two inputs, or two sizes of one, would write the same output, or one of the inputs.

    `named` has each input with the rule that it was named by, and its output.
    """
    resolve, sources = resolver(), {}
    for source, rule, destination in named:
        target = resolve(destination)
        first = sources.get(target)
        if first is None:
            sources[target] = source
        elif kind_of(destination) != "special":
            if first is source:
                raise OutputError(f"{source.label}: two of the sizes would be {destination}: give one of them")
            once = _identity(first, resolve) == _identity(source, resolve)
            advice = "give it once" if once else _advice(named, rule, destination, resolve)
            raise OutputError(f"{first.label} and {source.label} would both write {destination}: {advice}")
    for each in inputs:
        if each.data is None and (source := sources.get(resolve(each.path))):
            what = f"{source.label}: the output would be the input {each.label}"
            raise OutputError(f"{what}: choose another name with -o")


def _identity(source: Input, resolve: Callable[[str], str]) -> str:
    """Return what two inputs have in common only where they are one."""
    return resolve(source.path) if source.data is None else "-"


def _advice(
    named: list[tuple[Input, Naming, str]], rule: Naming, destination: str, resolve: Callable[[str], str]
) -> str:
    """Return the next step: the shortest template that gives every input a name of its own, which is no input's."""
    import shlex

    inputs = [(source, _identity(source, resolve)) for source, each, _ in named if each is rule]
    extension = "{ext}" if rule.extension or rule.follows_input else splitext(destination)[1]
    end = extension if len(inputs) == len(named) else f"_{{scale}}{extension}"  # of several sizes
    within = inputs[0][0].within
    if rule.output is None and not within:
        folder = "{dir}"
    else:
        folder = (within and rule.folder(within)) or os.path.dirname(destination) or "."
        folder = folder.replace("{", "{{").replace("}", "}}")
    escapes = any(".." in source.path.split(os.sep) for source, _ in inputs)
    deep = any(source.within and os.path.dirname(source.tail) for source, _ in inputs)
    kept = ("{sub}/{stem}", "{sub}/{name}") if deep else ()
    wide = () if escapes or folder == "{dir}" else ("{dir}/{stem}", "{dir}/{name}")
    for middle in ("{stem}", *kept, "{name}", *wide):
        template = f"{folder}/{middle}{end}"
        other = replace(rule, output=template)
        owners = {mine: "an input" for _, mine in inputs}
        outputs = ((resolve(other.destination(source, (1, 1))), mine) for source, mine in inputs)
        if all(owners.setdefault(output, mine) == mine for output, mine in outputs):
            return f"tell them apart with -o {shlex.quote(template)}"
    return "resize them into two folders, one after the other"


def resolver() -> Callable[[str], str]:
    """Return a function that tells by which name, of all that lead to it, a file is known; links are followed."""

    @functools.cache
    def folder(path: str) -> tuple[str, bool]:
        real = os.path.realpath(path)
        return real, os.path.isdir(real)

    def resolve(path: str) -> str:
        if is_url(path):
            return path
        parent, name = os.path.split(path)
        real, exists = folder(parent)
        if name in ("", ".", ".."):
            return os.path.realpath(path)
        plain = join(real, name)
        return os.path.realpath(plain) if exists and os.path.islink(plain) else plain

    return resolve
