"""Compiled checks for each model that give the same answers as `_judge` for plain requests. Optional."""
