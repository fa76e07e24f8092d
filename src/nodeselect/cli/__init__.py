"""The command line: parses options, calls the library and prints what ``render`` lays out."""
