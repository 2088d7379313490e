"""The report of a lesson on paper: what stands there (`content`), how it is drawn (`drawing`)."""
