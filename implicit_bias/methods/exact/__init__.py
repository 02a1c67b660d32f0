"""The toolkit's own structured methods, a file a kind of problem."""
