"""Many notes of a kind become few lines; the first places are named, the others counted."""

from meshes.notes import in_few_lines


def note(node, words):
    return f"tree.vtk: point {node} at ({node}.0, 1.0, -2.5) um: {words}"


def test_few_notes_are_told_as_they_are():
    notes = ("centreline smoothed, largest shift 2.50 um", note(3, "tip cut off"), note(4, "split"))
    assert in_few_lines(notes) == list(notes)


def test_of_many_alike_the_first_are_told_and_the_others_counted():
    notes = (*(note(n, f"made {n}.5 um longer") for n in range(10)), note(11, "cut off"))
    lines = in_few_lines(notes, first=2)
    assert lines[:2] == list(notes[:2])
    assert lines[2] == "and at 8 more places the like of: made 2.5 um longer"
    assert lines[3:] == [notes[-1]]
