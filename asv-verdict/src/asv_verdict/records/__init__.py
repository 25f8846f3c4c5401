"""What nights leave behind: reports, expected cells, accepted changes, noise floors."""
