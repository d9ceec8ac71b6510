"""Which blocks stand on pages turned on their side."""

from __future__ import annotations

from collections.abc import Sequence

from yrdecon.present.blocks import Block, Heading, TableBlock
from yrdecon.present.widths import is_wide


def turned_blocks(blocks: Sequence[Block]) -> list[bool]:
    """Tell for every block whether its page is turned: for a wide table, and for the headings right before it."""
    turned: list[bool] = []
    for block in reversed(blocks):
        follows = isinstance(block, Heading) and bool(turned) and turned[-1]
        turned.append(follows or (isinstance(block, TableBlock) and is_wide(block.table)))
    return turned[::-1]
