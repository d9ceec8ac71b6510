"""Effects of one cohort in one period, and of one date of switching: the parts of staggered estimators."""
