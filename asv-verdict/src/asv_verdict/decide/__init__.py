"""The steps from a measurement to a verdict: measure, find gaps, screen, confirm, attribute."""
