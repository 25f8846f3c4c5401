"""Small commands that set the suite up. They run where ASV runs, not where the suite is measured."""
