"""The rules of Atelier: what a licence grants, and the one judge of whether something may be done under it.

Pure: no clock (time is passed in), no network, no framework; only the command line reads files.
"""
