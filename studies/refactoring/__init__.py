"""Does a refactoring keep the numbers? Two commits, each measured by its own benchmarks, interleaved."""
