"""The steps of a study, each from material to findings."""
