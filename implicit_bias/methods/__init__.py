"""One file a method: each returns a candidate, and none calls itself optimal."""
