"""Names of inference methods as figures and tables print them."""

from __future__ import annotations

import re

from yrdecon.present.words import Lang, known_word


def inference_method_name(method: str, lang: Lang) -> str:
    """Return the name of a row of an inference report, as it stands where the dictionary has none.

    Examples
    --------
    >>> inference_method_name("Conley-Taber", "zh"), inference_method_name("my own", "en")
    ('Conley-Taber', 'my own')
    """
    return known_word(re.sub(r"[^a-z0-9]+", "_", method.lower()).strip("_"), lang) or method
