"""The price list as a relation: prices by model and options, for joins with tables of any engine."""
