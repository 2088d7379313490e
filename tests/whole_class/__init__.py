"""A class taught through all that Lectern has: six devices, from the days before to the closed record."""
