"""Ratios with intervals, noise, change points and bisection. Nothing here knows ASV."""
