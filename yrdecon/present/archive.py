"""Office files are zip archives: the same bytes for the same content."""

from __future__ import annotations

import io
import re
import zipfile

STAMP = (1980, 1, 1, 0, 0, 0)
DATE = "2000-01-01T00:00:00Z"
FIRST = "[Content_Types].xml"


def undated(content: bytes) -> bytes:
    """Return an archive in a fixed order whose members and properties carry a fixed date."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in sorted(old.namelist(), key=lambda n: (n != FIRST, n)):
            info = zipfile.ZipInfo(name, date_time=STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            data = old.read(name)
            new.writestr(info, _without_dates(data) if name == "docProps/core.xml" else data)
    return buffer.getvalue()


def _without_dates(properties: bytes) -> bytes:
    pattern = rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*"
    return re.sub(pattern, lambda match: match[1] + DATE.encode(), properties)
