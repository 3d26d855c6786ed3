"""How fast ratecard is, beside its peers, in one run: `python -m benchmarks` from the root of a checkout.

`five` the rules of five models, by hand · `floor` a checker for them, by hand · `workload` seeded requests ·
`peers` the same rules for other libraries · `agree` who must say the same before anything is timed · `timing` the
interleaved rounds · `series`, `cold`, `growth` what is timed · `threads` eight of them from a cold start · `goals`
what is to be reached · `report`, `plot` how it is told.
"""
