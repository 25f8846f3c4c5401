"""What changed in an ASV repository, and can that be believed? History to verdict to page, for any such repository."""
