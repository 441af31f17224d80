"""The treemap on the page: nested boxes, placed in parts of the box around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hiss.build.report.summary import SMALLEST
from hiss.build.report.tables import label
from hiss.build.report.treemap import Box, has_name, plan_tiles, room, squarify, weight
from hiss.build.report.words import count, name, share, size, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hiss.build.report.summary import Report, TypeTotal
    from hiss.build.report.treemap import Tile

# CSS pixels: what the boxes are laid out for until the script knows the window.
_MAP: Final = Box(0, 0, 1120, 560)

#: The families that have a colour, and what they are called.
FAMILIES: Final = {
    "script": "Scripts",
    "style": "Styles",
    "image": "Images",
    "font": "Fonts",
    "media": "Sound and video",
    "other": "Everything else",
}
_BY_TYPE: Final = {
    "text/css": "style",
    "text/javascript": "script",
    "application/javascript": "script",
    "application/wasm": "script",
    "application/font-woff": "font",
    "application/vnd.ms-fontobject": "font",
}
_BY_TOP_LEVEL: Final = {"image": "image", "font": "font", "audio": "media", "video": "media"}


def family(media_type: str) -> str:
    """The family of a media type, one of `FAMILIES`."""
    top_level = media_type.partition("/")[0]
    return _BY_TYPE.get(media_type) or _BY_TOP_LEVEL.get(top_level, "other")


def format_map(report: Report) -> str:
    """The treemap as HTML, with its tools, which the script makes visible, and its key."""
    root = plan_tiles(report.tree)
    return f"""<p class="lead">A tile is a file; its area, the bytes that are sent for it.</p>
<div id="tools" class="tools" hidden>
{_choices(report.columns)}
<label class="field">Find <input type="search" id="find" autocomplete="off" \
spellcheck="false" placeholder="name or media type"></label>
{_only_changed(report)}</div>
<div id="trail" class="trail" hidden></div>
<div id="map" class="map" data-sizes="{_numbers(root, report.columns)}" data-count="{root.count}">
{_tiles(root.tiles, _MAP, report.columns)}
</div>
<p id="readout" class="readout" hidden></p>
<ul class="legend">
{_legend(report.types)}
</ul>"""


def _choices(columns: Sequence[str]) -> str:
    last = len(columns) - 1
    choices = "".join(
        f'<label><input type="radio" name="by" value="{index}"'
        f"{' checked' if index == last else ''}><span>{label(coding)}</span></label>"
        for index, coding in enumerate(columns)
    )
    return f'<fieldset class="segments"><legend>Size by</legend>{choices}</fieldset>'


def _only_changed(report: Report) -> str:
    if report.changes is None:
        return ""
    return '<label class="check"><input type="checkbox" id="only"> Only what changed</label>\n'


def _tiles(tiles: Sequence[Tile], within: Box, columns: Sequence[str]) -> str:
    boxes = squarify([weight(each.sizes) for each in tiles], within)
    return "\n".join(
        _tile(tile, box, within, columns) for tile, box in zip(tiles, boxes, strict=True)
    )


def _tile(tile: Tile, box: Box, within: Box, columns: Sequence[str]) -> str:
    place = (
        f"left:{100 * (box.left - within.left) / within.width:.2f}%;"
        f"top:{100 * (box.top - within.top) / within.height:.2f}%;"
        f"width:{100 * box.width / within.width:.2f}%;"
        f"height:{100 * box.height / within.height:.2f}%"
    )
    facts = f'data-sizes="{_numbers(tile, columns)}"'
    if tile.type:
        facts += f' data-type="{text(tile.type)}"'
    else:
        facts += f' data-count="{tile.count}"'
    if tile.change:
        facts += f' data-change="{tile.change}"'
    inner = f'<span class="name">{name(tile.label)}</span><span class="size">{_size(tile)}</span>'
    if tile.tiles:
        # Boxes are in pixels of the outermost; percentages are of the room the folder gives.
        inner += f'<div class="tiles">{_tiles(tile.tiles, room(box), columns)}</div>'
    return f'<div class="tile {_kind(tile, box)}" style="{place}" {facts}>{inner}</div>'


def _kind(tile: Tile, box: Box) -> str:
    if tile.tiles:
        return "folder" if has_name(box) else "folder bare"
    return family(tile.type) if tile.type else "rest"


def _size(tile: Tile) -> str:
    return size(tile.sizes[SMALLEST])


def _numbers(tile: Tile, columns: Sequence[str]) -> str:
    return " ".join(str(tile.sizes[coding]) for coding in columns)


def _legend(types: Sequence[TypeTotal]) -> str:
    bytes_of = dict.fromkeys(FAMILIES, 0)
    files_of = dict.fromkeys(FAMILIES, 0)
    for each in types:
        bytes_of[family(each.type)] += each.sizes[SMALLEST]
        files_of[family(each.type)] += each.count
    whole = sum(bytes_of.values())
    return "\n".join(
        f'<li><span class="swatch {kind}" aria-hidden="true"></span> {called} '
        f'<b>{size(bytes_of[kind])}</b> <span class="note">{share(bytes_of[kind], whole)}, '
        f"{count(files_of[kind], 'file')}</span></li>"
        for kind, called in FAMILIES.items()
        if files_of[kind]
    )
