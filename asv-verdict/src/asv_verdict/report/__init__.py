"""Reports for people: Markdown, plots, issues, status."""
