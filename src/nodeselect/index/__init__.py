"""Index nodes by their ids and labels, and find those that a selector matches."""
