"""Compare the gradient of the MVN log-density of this package with that of other libraries."""
