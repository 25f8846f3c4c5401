"""The tests of this repository: a folder for each room, `repository` for all else; `support` holds fixtures."""
