"""What may be changed in a centreline network on its way to a tree, one operation a file.

Nothing is done unless asked for (`cleaning`), all in one order (`order`), and told in the notes.
"""
