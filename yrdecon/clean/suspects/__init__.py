"""Tests of one column of a panel, each of which lists cells that cannot be right or need a reason."""
