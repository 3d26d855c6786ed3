"""How fast ratecard is beside its peers: run `python -m benchmarks` from the root of a checkout.

`models` holds the models, `workload` the seeded requests, `floor` a checker written by hand, `peers` the same rules for
other libraries and the check that all give the same answers. `timing` runs the interleaved rounds; `series`, `service`,
`cold` and `bulk` say what is timed, `goals` what should be reached, and `report` writes RESULTS.md.
"""
