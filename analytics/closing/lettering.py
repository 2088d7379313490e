"""The font of a document: the letters that it uses, out of a large one that the installation carries.

Noto Sans CJK, simplified Chinese (SIL Open Font License: it may be embedded and passed on), from the package
`noto-cjk-sans-otc`; never a font of the machine.
"""

import io
import logging
import unicodedata

import noto_cjk_sans_otc
from fontTools import subset
from fontTools.ttLib import TTFont

_SIMPLIFIED_CHINESE = 2
_ALWAYS = "".join(map(chr, range(0x20, 0x7F))) + "□…·"


class Lettering:
    """The letters of one document: `drawable` text first, then `font`."""

    def __init__(self) -> None:
        logging.getLogger("fontTools").setLevel(logging.ERROR)  # it tells of every table that it drops
        self._font = TTFont(str(noto_cjk_sans_otc.FONT_PATH), fontNumber=_SIMPLIFIED_CHINESE, lazy=True)
        self._known = frozenset(self._font.getBestCmap())
        self._used = set(_ALWAYS)

    def drawable(self, text: str) -> str:
        """Return `text` on one line, as it can be drawn.

        A letter that the font has not becomes a box, and invisible ones go: those that turn the direction of
        writing could make a name look like another.
        """
        seen = "".join(
            " " if c.isspace() else c if ord(c) in self._known else "□"
            for c in unicodedata.normalize("NFC", text)
            if c.isspace() or unicodedata.category(c) not in {"Cc", "Cf", "Mn", "Me"}
        )
        self._used.update(seen)
        return " ".join(seen.split())

    def font(self) -> bytes:
        """Return an OpenType font of all the letters that were asked for; nothing can be asked after that."""
        options = subset.Options()
        options.layout_features = []
        options.hinting = False
        options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
        options.drop_tables += ["GSUB", "GPOS", "vhea", "vmtx", "VORG", "BASE", "DSIG"]
        shears = subset.Subsetter(options)
        shears.populate(text="".join(sorted(self._used)))
        out = io.BytesIO()
        with self._font:
            shears.subset(self._font)
            self._font.save(out)
        return out.getvalue()
