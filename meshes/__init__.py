"""Vessel trees and tagged volume meshes: files and topology in, one `Mesh` out. No jax, no physics."""
