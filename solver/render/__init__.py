"""Pictures and plots of a run or a mesh, from files alone."""

from solver.render.pictures import PictureReport, mesh_picture, picture
from solver.render.plots import figures
from solver.render.worst import worst_picture

__all__ = ["PictureReport", "figures", "mesh_picture", "picture", "worst_picture"]
