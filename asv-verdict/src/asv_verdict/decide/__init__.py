"""The steps of a decision, each from values to values: measure, cover, screen, confirm, attribute."""
