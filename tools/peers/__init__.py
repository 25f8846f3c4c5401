"""The gradient of the MVN log-density by this package and by other libraries, measured in turn after a check."""
