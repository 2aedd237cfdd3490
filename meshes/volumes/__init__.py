"""What a foreign volume mesh needs before it is a `Mesh`: its words and its element shapes."""
