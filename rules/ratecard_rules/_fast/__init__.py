"""The verdict of the judge on plain requests, compiled for each model. Optional: no answer depends on it."""
