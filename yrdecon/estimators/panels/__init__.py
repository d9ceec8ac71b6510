"""Panel regressions: formulas, the rows and columns they ask for, models, instruments, and least squares on them."""
