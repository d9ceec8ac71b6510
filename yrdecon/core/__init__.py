"""The nouns: panel, design, assignment, estimate, hypothesis test."""
