"""The steps of a decision, each a function of values: measure, find gaps, screen, confirm, attribute."""
