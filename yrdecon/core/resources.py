"""Where the shipped figures are, in a checkout and in an installed wheel."""

from pathlib import Path

from yrdecon.errors import DataError

_PACKAGE = Path(__file__).resolve().parent.parent


def data_path(relative: str) -> Path:
    """Return the path of a shipped data file or folder.

    Parameters
    ----------
    relative
        Path below ``data/``, such as ``"processed/panel_yrd.csv"``.

    Raises
    ------
    DataError
        If the file is in neither the installed package nor the checkout around it.

    Examples
    --------
    >>> data_path("processed/panel_yrd.csv").name
    'panel_yrd.csv'
    """
    for root in (_PACKAGE / "data", _PACKAGE.parent / "data"):
        if (root / relative).exists():
            return root / relative
    raise DataError(
        f"the shipped data file {relative!r} is missing; reinstall yrdecon, "
        "or run `yrdecon reproduce` in a checkout to write data/processed"
    )
