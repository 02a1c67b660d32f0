"""Jin and Montúfar: wide networks are weighted splines; their rates, ζ and times of stopping."""
