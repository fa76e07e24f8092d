"""Streams, disks, memory and descriptors that fail, under every command of the command line."""
