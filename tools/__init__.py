"""Small commands around the suite. They run where ASV runs, not where the suite is measured."""
