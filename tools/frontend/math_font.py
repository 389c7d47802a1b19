"""Cut the font of the formulas down to what the course writes: math_font.py FROM TO."""

import sys

from fontTools import subset

CHARACTERS = (
    "20-7E,A0,AC,B1,B7,D7,2C6-2DD,300-338,391-3F5,2013-2044,2061-2064,210E,2112,2113,211D,2190-2193,"
    "21A6,2200-22A5,22C5,22EF,22F1,2308-230B,27E8,27E9,1D434-1D467,1D5A0-1D5D3,1D670-1D6A3,1D6E2-1D71B"
)
ROOT = "uni221A"


def even_roots(font):
    """Give the taller signs of a root the width of the first.

    Chromium reserves the width of the widest, whichever it draws: a gap after each root.
    """
    variants = font["MATH"].table.MathVariants
    place = variants.VertGlyphCoverage.glyphs.index(ROOT)
    taller = variants.VertGlyphConstruction[place]
    names = {record.VariantGlyph for record in taller.MathGlyphVariantRecord}
    names |= {part.glyph for part in taller.GlyphAssembly.PartRecords}
    want = font["hmtx"][ROOT][0]
    for name in names:
        glyph = font["glyf"][name]
        glyph.coordinates.scale((want / font["hmtx"][name][0], 1))
        glyph.coordinates.toInt()
        glyph.recalcBounds(font["glyf"])
        font["hmtx"][name] = (want, glyph.xMin)


def main(source, target):
    """Write the smaller font."""
    options = subset.Options(flavor="woff2", layout_features=["dtls", "ssty"])
    font = subset.load_font(source, options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=subset.parse_unicodes(CHARACTERS))
    cutter.subset(font)
    even_roots(font)
    subset.save_font(font, target, options)


if __name__ == "__main__":
    main(*sys.argv[1:])
