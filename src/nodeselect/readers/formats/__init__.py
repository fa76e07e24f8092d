"""One module for each file format. It decodes bytes to records or nodes."""
