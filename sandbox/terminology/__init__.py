"""Terminology: what codes mean and where they belong, decided from the definitions at hand."""
