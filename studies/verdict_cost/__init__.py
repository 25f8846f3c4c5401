"""The time and the memory that it takes to judge a history."""
