"""A small project for ASV itself, whose time is counted and not measured.

A shared machine may run one process at half the speed of the next one, and a verdict then rightly says "inconclusive".
So its functions count their steps, with 1 % noise, and the benchmarks' `timer` reads the count.
"""

KERNELS = """
import random

steps = 0

def work(count):
    _take(range(count))

def other(count):
    _take(range(count // 2))

def _take(indices):
    global steps
    steps += len(indices) * random.uniform(0.99, 1.01)
"""
BENCHMARKS = """
import kernels

def seconds():
    return 1e-8 * kernels.steps

class Time:
    params = [20_000, 40_000]
    version = "1"
    rounds, repeat, number, warmup_time = 2, 15, 1, 0.0
    timer = staticmethod(seconds)

    def time_work(self, count):
        kernels.work(count)

    def time_other(self, count):
        kernels.other(count)
"""
SLOWER = KERNELS.replace("range(count))", "range(2 * count))")
assert SLOWER != KERNELS
