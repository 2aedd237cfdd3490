"""Pictures and plots of a run, from its files alone."""

from solver.render.pictures import PictureReport, mesh_picture, picture
from solver.render.plots import figures

__all__ = ["PictureReport", "figures", "mesh_picture", "picture"]
