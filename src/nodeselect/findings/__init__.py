"""What is wrong in a file with jobs: rules, findings, comments that ignore them, and reports."""
