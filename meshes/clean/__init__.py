"""What may be changed in a centreline network on its way to a tree, one operation a file.

Nothing is done unless asked for, and the notes of the tree tell what was done.
"""

from meshes.clean.cleaning import Cleaning
from meshes.clean.order import clean_tree, tree_of

__all__ = ["Cleaning", "clean_tree", "tree_of"]
