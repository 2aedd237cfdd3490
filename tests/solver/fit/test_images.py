"""Images as data: what files hold, which voxels the mesh fills, and a fit to them."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest

from meshes.annulus import annulus
from meshes.errors import InputError
from solver.columns.stack import read_stack
from solver.fit.images import read_images
from solver.fit.parameters import free, start
from solver.fit.problem import Problem, numbers_at
from solver.fit.residuals import jacobian, residuals
from solver.fit.simulated import columns
from solver.fit.solve import fit
from solver.flow import StokesDarcy
from solver.observe import Image
from solver.observe.instrument import put_in_place
from solver.signal import Norepinephrine
from solver.simulate import prepare
from solver.state import Model
from solver.wall import Vasomotion

nibabel = pytest.importorskip("nibabel")
tifffile = pytest.importorskip("tifffile")

UM = 1e-6
EDGE = 10 * UM
GREY = "minisblack"
SHAPE = (6, 6, 3)  # voxels over a tube 60 um wide and 30 um long


def nifti(path: Path, values: np.ndarray, every: float | None = 4.0, turn: bool = False) -> Path:
    """A file in micrometres whose box the tube fills but for its corners and its lumen."""
    affine = np.diag([10.0, 10.0, 10.0, 1.0])
    affine[:3, 3] = -25.0, -25.0, 5.0
    if turn:  # the first axis backwards, as many scanners store it
        affine[0, 0], affine[0, 3] = -10.0, 25.0
    image = nibabel.Nifti1Image(values, affine)
    image.header.set_xyzt_units("micron", "sec")
    if every is not None:
        image.header.set_zooms((10.0, 10.0, 10.0, every)[: values.ndim])
    nibabel.save(image, path)
    return path


@pytest.fixture(scope="module")
def model() -> Model:
    return Model(
        annulus(6 * UM, 9 * UM, 30 * UM, tissue_outer=40 * UM, across=2, around=8, along=3),
        signal=Norepinephrine(),
        wall=Vasomotion(gain=0.08),
        flow=StokesDarcy(memory=2, tolerance=1e-10),
    )


@pytest.fixture(scope="module")
def prepared(model):
    return prepare(model, until=16.0, step=4.0)


def test_a_file_says_where_and_when(tmp_path):
    values = np.arange(6.0 * 6 * 3 * 2).reshape(*SHAPE, 2)
    stack = read_stack(nifti(tmp_path / "a.nii.gz", values))
    np.testing.assert_allclose(stack.affine[:3, :3], EDGE * np.eye(3), rtol=1e-6)
    np.testing.assert_allclose(stack.affine[:3, 3], [-25 * UM, -25 * UM, 5 * UM], rtol=1e-6)
    assert stack.every == 4.0
    np.testing.assert_array_equal(stack.values, np.moveaxis(values, 3, 0))
    tifffile.imwrite(
        tmp_path / "a.tif", np.moveaxis(values, 3, 0).transpose(0, 3, 2, 1), photometric=GREY
    )
    bare = read_stack(tmp_path / "a.tif")
    assert bare.affine is None and bare.every is None
    np.testing.assert_array_equal(bare.values, stack.values)


def test_voxels_that_the_mesh_fills_read_their_share_of_tracer(tmp_path, model, prepared):
    path = nifti(tmp_path / "a.nii", np.zeros((*SHAPE, 2)))
    half = put_in_place({"scan": Image(path=str(path), filled=0.5)}, model, prepared)["scan"].look
    full = put_in_place({"scan": Image(path=str(path))}, model, prepared)["scan"].look
    assert set(np.asarray(full.voxels)) < set(np.asarray(half.voxels))
    i, j, _ = np.unravel_index(np.asarray(full.voxels), SHAPE)
    far = np.hypot(10.0 * i - 25, 10.0 * j - 25)  # um from the axis
    assert far.min() > 15 and far.max() < 36  # neither the lumen nor the corners of the box
    space = prepared.space
    ones = jnp.ones(space.fluid.vertices), jnp.ones(space.tissue.vertices)
    state = SimpleNamespace(
        points=space.fluid_rest,
        tissue_pressure=jnp.zeros(space.tissue.vertices),
        concentration=ones,
    )
    read = np.asarray(full(state, prepared)["content_1"])
    pores = float(model.tracer.porosity)  # full of the mouth's fluid
    cut = 0.05  # of a voxel, by which places of a lattice miss its cut cells
    assert (0.9 - cut) * pores < read.min() and read.max() < (1.0 + cut) * pores
    assert 0.95 * pores < read.mean() < 1.01 * pores


@pytest.fixture(scope="module")
def scanned(model, prepared, tmp_path_factory):
    """A stack of what the model itself shows, its first axis backwards, and the look."""
    path = tmp_path_factory.mktemp("scan") / "a.nii.gz"
    nifti(path, np.zeros((*SHAPE, 5)), turn=True)
    look = put_in_place({"scan": Image(path=str(path))}, model, prepared)["scan"].look
    given = free(model, {"tracer.diffusivity": {}})
    bare = Problem(model, prepared, {"scan": look}, given, ())
    numbers = numbers_at(jnp.asarray(start(bare.free)), bare)
    shown = np.asarray(columns(numbers, *bare.run)[0]["scan_content_1"])
    values = np.full((np.prod(SHAPE), 5), 7.0)  # what lies outside must not matter
    values[np.asarray(look.voxels)] = shown.T
    nifti(path, values.reshape(*SHAPE, 5), turn=True)
    return path, look, bare


def test_the_model_leaves_nothing_of_its_own_images(scanned):
    path, look, bare = scanned
    seen = read_images(path, "scan_content_1", sigma=1e-3).through({"scan": look})
    assert seen.values.size == 5 * len(look.voxels)
    problem = Problem(bare.model, bare.prepared, bare.looks, bare.free, (seen,))
    rows, converged = residuals(jnp.asarray(start(bare.free)), problem)
    assert converged
    np.testing.assert_allclose(rows, 0.0, atol=1e-8)
    _, slopes, _ = jacobian(jnp.asarray(start(bare.free)), problem)
    z, h = jnp.asarray(start(bare.free)), 1e-4
    ahead, behind = (residuals(z + sign * h, problem)[0] for sign in (1, -1))
    np.testing.assert_allclose(
        slopes[:, 0], (ahead - behind) / (2 * h), atol=1e-5 * abs(slopes).max()
    )


def test_a_number_is_found_from_noisy_images(scanned, model):
    path, look, bare = scanned
    seen = read_images(path, "scan_content_1").through({"scan": look})
    size = 0.02 * float(np.ptp(np.asarray(seen.values)))
    noise = size * np.random.default_rng(3).standard_normal(seen.values.size)
    noisy = replace(seen, values=seen.values + noise)
    truth = float(model.tracer.diffusivity)
    begun = free(model, {"tracer.diffusivity": {"low": 0.2 * truth, "high": 4 * truth}})
    found = fit(Problem(bare.model, bare.prepared, bare.looks, begun, (noisy,)))
    assert found.converged
    assert found.values["tracer.diffusivity"] == pytest.approx(truth, rel=0.1)


def test_what_cannot_be_is_refused(tmp_path, model, prepared):
    path = nifti(tmp_path / "a.nii", np.zeros((*SHAPE, 2)))
    look = put_in_place({"scan": Image(path=str(path))}, model, prepared)["scan"].look
    other = nifti(tmp_path / "b.nii", np.zeros((5, 6, 3, 2)))
    smaller = read_images(other, "scan_content_1")
    with pytest.raises(InputError, match=r"images of 5 x 6 x 3 voxels, but observe\.scan has 6 x"):
        smaller.through({"scan": look})
    elsewhere = read_images(path, "tip_fluorescence_1")
    with pytest.raises(InputError, match=r"no image of the model; say \+observe"):
        elsewhere.through({"scan": look})
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((2, 3, 6, 6)), photometric=GREY)
    with pytest.raises(InputError, match=r"2 images were taken; give data\.every"):
        read_images(tmp_path / "a.tif", "scan_content_1")
    with pytest.raises(InputError, match=r"observe\.scan\.voxel is not given"):
        put_in_place({"scan": Image(path=str(tmp_path / "a.tif"))}, model, prepared)
    with pytest.raises(InputError, match=r"no voxel of .* is filled .* observe\.scan\.origin"):
        put_in_place({"scan": Image(path=str(path), origin=(1.0, 0.0, 0.0))}, model, prepared)
    (tmp_path / "c.nii").write_bytes(b"no image")
    with pytest.raises(InputError, match="cannot be read as images"):
        read_stack(tmp_path / "c.nii")
    with pytest.raises(InputError, match="no such file"):
        read_stack(tmp_path / "d.nii")
