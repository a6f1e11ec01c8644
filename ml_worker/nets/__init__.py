"""The networks: each file makes one family from a plan, with its outputs in the order of the plan's classes."""
