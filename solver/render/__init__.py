"""Pictures, films, pages and reports of a run or a mesh, from files alone."""

from solver.render.films import FilmReport, film
from solver.render.pages import page
from solver.render.pictures import PictureReport, mesh_picture, picture, show
from solver.render.plots import figures
from solver.render.preset import CLEARANCE, COMPARE, CROSS_SECTION, MESH, OPENED, OVERVIEW, Preset
from solver.render.reports import report
from solver.render.worst import worst_picture

__all__ = [
    "CLEARANCE",
    "COMPARE",
    "CROSS_SECTION",
    "MESH",
    "OPENED",
    "OVERVIEW",
    "FilmReport",
    "PictureReport",
    "Preset",
    "figures",
    "film",
    "mesh_picture",
    "page",
    "picture",
    "report",
    "show",
    "worst_picture",
]
