"""Names of what the suite measures apart from the time of a call."""

STAGES = ["trace", "lower", "compile", "first_call"]
#: The parts of a call on a GPU.
PARTS = ["busy", "dispatch"]

#: Costs that one backend, every backend or a GPU has; each is a method `track_…` of benchmarks/costs.py.
EXACT_IN_JAX = ["equations", "instructions", "program_hash", "temporary_bytes", "argument_bytes", "output_bytes"]
EXACT_IN_AUTOGRAD = ["objective_calls", "pull_backs", "reverse_nodes", "forward_nodes", "function_calls"]
ANY_BACKEND = ["peak_bytes", "error"]
OF_GPU = ["device_peak_bytes", "times_floor", "error"]
