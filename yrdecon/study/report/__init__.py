"""The report of a study: one document a language, written from its findings alone."""
