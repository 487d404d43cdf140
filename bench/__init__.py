"""How fast CareerTrack is, against the limit of the same machine in the same run: docs/performance.md."""
