"""Index nodes by their ids and labels, and find the nodes that a selector matches."""
