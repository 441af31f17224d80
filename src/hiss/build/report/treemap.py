"""The treemap: which tiles it has, and where they lie.

Squarified (Bruls, Huizing, van Wijk 2000): rows are filled along the shorter side for as long as
that makes their tiles squarer. The page's script does the same again for the size of its window.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hiss.build.report.summary import SMALLEST, File, Folder, folders_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: How many files have a tile of their own: more are specks, and every one is bytes of the page.
LEAVES: Final = 800

#: CSS pixels: the room above the tiles of a folder for its name, and around them. The style sheet
#: and the script say the same.
HEADER: Final = 22
PADDING: Final = 3
#: A folder smaller than this has no room for a name.
LEAST_WIDTH: Final = 64
LEAST_HEIGHT: Final = 54


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A file, a folder, or what is too small to be shown."""

    #: What it is called within the tile that holds it.
    label: str
    #: The logical name, or the folder's path; that of the folder for what is left over.
    path: str
    #: Of a file; empty for others.
    type: str = ""
    change: str = ""
    #: How many files it stands for.
    count: int
    sizes: Mapping[str, int]
    #: The largest first; empty for a file and for what is left over.
    tiles: tuple[Tile, ...] = ()


def plan_tiles(tree: Folder, limit: int = LEAVES) -> Tile:
    """The tiles of a tree: of its largest files, `limit` at most, and of "n more" in each folder
    that has others. A folder that holds nothing but one folder is one tile with it.
    """
    largest = sorted(_files_of(tree), key=lambda each: (-each.sizes[SMALLEST], each.name))[:limit]
    shown = {each.name for each in largest}
    ways = {folder for name in shown for folder in folders_of(name)}
    return _folder_tile(tree, "", shown, ways)


def squarify(weights: Sequence[float], within: Box) -> list[Box]:
    """A box for each weight, of its share of the area; `weights` are positive, largest first."""
    scale = within.width * within.height / (sum(weights) or 1)
    placed: list[Box] = []
    row: list[float] = []
    for area in (weight * scale for weight in weights):
        side = min(within.width, within.height)
        if row and _worst([*row, area], side) > _worst(row, side):
            boxes, within = _place(row, within)
            placed += boxes
            row = []
        row.append(area)
    return placed + _place(row, within)[0] if row else placed


def weight(sizes: Mapping[str, int]) -> int:
    """What a tile's area stands for; an empty file has a speck."""
    return max(sizes[SMALLEST], 1)


def has_name(box: Box) -> bool:
    """Whether a folder of this size, in CSS pixels, has room for its name."""
    return box.width >= LEAST_WIDTH and box.height >= LEAST_HEIGHT


def room(box: Box) -> Box:
    """What a folder's tiles have, in CSS pixels, from its own corner."""
    if not has_name(box):
        return Box(0, 0, box.width, box.height)
    width, height = box.width - 2 * PADDING, box.height - HEADER - PADDING
    return Box(PADDING, HEADER, width, height)


def _worst(row: Sequence[float], side: float) -> float:
    """The worst ratio of sides among the tiles of a row along `side`."""
    total = sum(row)
    return max(side * side * row[0] / (total * total), total * total / (side * side * row[-1]))


def _place(row: Sequence[float], within: Box) -> tuple[list[Box], Box]:
    """The boxes of a row along the shorter side, and what is left."""
    left, top, width, height = within.left, within.top, within.width, within.height
    boxes: list[Box] = []
    if width >= height:
        across = sum(row) / height
        for area in row:
            boxes.append(Box(left, top, across, area / across))
            top += area / across
        return boxes, Box(left + across, within.top, max(width - across, 1e-9), height)
    across = sum(row) / width
    for area in row:
        boxes.append(Box(left, top, area / across, across))
        left += area / across
    return boxes, Box(within.left, top + across, width, max(height - across, 1e-9))


def _files_of(folder: Folder) -> Iterable[File]:
    yield from folder.files
    for each in folder.folders:
        yield from _files_of(each)


def _folder_tile(folder: Folder, above: str, shown: set[str], ways: set[str]) -> Tile:
    """The tile of a folder that lies in the folder `above`."""
    own = folder
    while own.path and len(own.folders) == 1 and not own.files:
        own = own.folders[0]
    tiles = [_folder_tile(each, own.path, shown, ways) for each in own.folders if each.path in ways]
    tiles += [_file_tile(each, own.path) for each in own.files if each.name in shown]
    if left_over := own.count - sum(each.count for each in tiles):
        tiles.append(_rest_tile(own, tiles, left_over))
    tiles.sort(key=lambda each: (-weight(each.sizes), each.path))
    return Tile(
        label=own.path.removeprefix(above).lstrip("/"),
        path=own.path,
        count=own.count,
        sizes=own.sizes,
        tiles=tuple(tiles),
    )


def _file_tile(each: File, above: str) -> Tile:
    return Tile(
        label=each.name.removeprefix(above).lstrip("/"),
        path=each.name,
        type=each.type,
        change=each.change,
        count=1,
        sizes=each.sizes,
    )


def _rest_tile(folder: Folder, tiles: Sequence[Tile], count: int) -> Tile:
    sizes = {
        coding: size - sum(each.sizes[coding] for each in tiles)
        for coding, size in folder.sizes.items()
    }
    return Tile(label=f"{count:,} more", path=folder.path, count=count, sizes=sizes)
