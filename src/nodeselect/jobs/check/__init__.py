"""What is wrong with a job file."""
