"""yrdecon."""
