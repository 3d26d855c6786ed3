"""The conformance suite: requests with the answers that every port of the tables must give, and a runner for ports."""
