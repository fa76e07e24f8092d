"""Open inputs, read and write streams that may not block, and replace files atomically."""
