"""Instruments on fields whose readings are known exactly."""

from dataclasses import replace
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from meshes.annulus import annulus
from meshes.errors import InputError
from meshes.samples import sample_mesh
from solver.flow import StokesDarcy
from solver.geometry.metric import dual_volumes
from solver.geometry.motion import blood_volume, positions
from solver.geometry.space import build_space
from solver.observe import (
    DiameterScan,
    Photometry,
    RegionMean,
    Roi,
    Sigma,
    VelocityScan,
    Voxels,
    put_in_place,
)
from solver.observe.sensitivity import climb, ladder
from solver.route.joins import join
from solver.signal import Norepinephrine
from solver.state import Model, Prepared, Span, at_rest
from solver.tracer import AdvectionDiffusion
from solver.wall import Prescribed, Vasomotion
from tests.exact.annulus import AnnulusFlow

UM = 1e-6
LENGTH = 40 * UM
CENTRE = (0.0, 0.0, 20 * UM)


@pytest.fixture(scope="module")
def model():
    return Model(
        annulus(6 * UM, 9 * UM, LENGTH, tissue_outer=30 * UM, across=4, around=8, along=8),
        signal=Norepinephrine(onset=0.0),
        wall=Prescribed(amplitude=0.05, frequency=0.02),
        flow=StokesDarcy(memory=4),
        tracer=AdvectionDiffusion(porosity=0.2),
    )


@pytest.fixture(scope="module")
def still(model):
    """What a look asks of a prepared model, without the preconditioner that it does not ask for."""
    space = build_space(model.mesh)
    joins = join(model.route, space)
    return Prepared(space=space, plan=None, joins=joins, step=2.0, span=Span(4, 8.0))


@pytest.fixture(scope="module")
def wide(model, still):
    """A state whose artery is a tenth narrower, the tissue's pressure 20 Pa."""
    space = still.space
    points = positions(space, jnp.full(space.fluid.vertices, 0.9))
    state = at_rest(model, space, points, still.joins)
    past = replace(state.past, tissue_pressure=jnp.full(space.tissue.vertices, 20.0))
    return replace(state, past=past, index=jnp.asarray(3, jnp.int32))


def with_field(state, prepared, field):
    """The state with a concentration that is a function of the place, m."""
    tissue = prepared.space.tissue_rest
    return replace(state, concentration=(field(*state.points), field(*tissue)))


def read(instrument, model, prepared, state, name="probe"):
    look = put_in_place({name: instrument}, model, prepared)[name].look
    return jax.jit(lambda look, state: look(state, prepared))(look, state)


def volumes(model, prepared, state):
    """Fluid that dissolves tracer in PVS and tissue, as the tracer's own balance has it, m3."""
    space = prepared.space
    storage = model.flow.tissue.storage * space.tissue_shape.volumes
    inside = model.tracer.porosity * space.tissue_shape.volumes + storage * state.tissue_pressure
    return dual_volumes(state.points, space.fluid), inside


EVERYWHERE = {
    "all": RegionMean("all"),
    "pvs": RegionMean("pvs"),
    "tissue": RegionMean("tissue"),
    "ball": Roi((0.0, 15 * UM, 20 * UM), radius=8 * UM),
    "box": Roi(CENTRE, size=(30 * UM, 30 * UM, 20 * UM), region="tissue"),
}


@pytest.mark.parametrize("where", EVERYWHERE)
def test_a_uniform_field_reads_as_its_value(model, still, wide, where):
    state = with_field(wide, still, lambda x, y, z: 0.7 + 0.0 * x)
    found = read(EVERYWHERE[where], model, still, state)
    assert float(found["concentration_1"]) == pytest.approx(0.7, rel=1e-13)


@pytest.mark.parametrize(("where", "part"), [("pvs", 0), ("tissue", 1)])
def test_a_region_holds_what_the_tracers_balance_says(model, still, wide, where, part):
    state = with_field(wide, still, lambda x, y, z: jnp.exp(-z / LENGTH) + x / LENGTH)
    expected = (volumes(model, still, state)[part] * state.concentration[part]).sum()
    found = read(RegionMean(where), model, still, state)
    assert float(found["tracer_m3"]) == pytest.approx(float(expected), rel=1e-13)


def test_a_linear_field_reads_as_at_the_centroid(model, still, wide):
    state = with_field(wide, still, lambda x, y, z: 3.0 + 2e4 * z)
    whole = read(RegionMean("all"), model, still, state)
    assert float(whole["concentration_1"]) == pytest.approx(3.0 + 2e4 * 0.5 * LENGTH, rel=1e-12)
    middle = Roi(CENTRE, size=(1.0, 1.0, 10 * UM))  # its faces are planes of the mesh
    found = read(middle, model, still, state)
    assert float(found["concentration_1"]) == pytest.approx(3.0 + 2e4 * CENTRE[2], rel=1e-12)
    # that of a ball to the fineness of the places, a fifth of a cell's edge
    ball = read(Roi((0.0, 15 * UM, 15 * UM), radius=8 * UM), model, still, state)
    assert float(ball["concentration_1"]) == pytest.approx(3.0 + 2e4 * 15 * UM, rel=2e-3)


def test_a_region_follows_the_moving_space(model, still, wide):
    rest = at_rest(model, still.space, still.space.fluid_rest, still.joins)
    for state in (rest, wide):
        uniform = with_field(state, still, lambda x, y, z: 1.0 + 0.0 * x)
        found = float(read(RegionMean("pvs"), model, still, uniform)["tracer_m3"])
        inner = 6 * UM * (0.9 if state is wide else 1.0)
        assert found == pytest.approx(np.pi * LENGTH * ((9 * UM) ** 2 - inner**2), rel=1e-12)


@pytest.mark.parametrize("size", [20 * UM, 7 * UM, 200 * UM])
def test_an_image_holds_all_tracer(model, still, wide, size):
    state = with_field(wide, still, lambda x, y, z: 1.0 + (x + 2 * y - z) / LENGTH)
    both = zip(volumes(model, still, state), state.concentration, strict=True)
    expected = sum(float((volume * c).sum()) for volume, c in both)
    for spread in (0.0, 15 * UM):
        found = read(Voxels(size=size, spread=spread), model, still, state)
        assert float(found["tracer_m3"]) == pytest.approx(expected, rel=1e-12)
        assert float(found["content_1"].sum()) * size**3 == pytest.approx(expected, rel=1e-12)


def test_a_voxel_shows_partial_volume_and_porosity(model, still):
    space = still.space
    rest = at_rest(model, space, space.fluid_rest, still.joins)
    state = with_field(rest, still, lambda x, y, z: 1.0 + 0.0 * x)
    low, high = (-40 * UM, -40 * UM, 0.0), (40 * UM, 40 * UM, 40 * UM)
    one = read(Voxels(size=80 * UM, low=low, high=high), model, still, state)["content_1"]
    pvs, tissue = 9.0**2 - 6.0**2, 30.0**2 - 9.0**2
    assert float(one.squeeze()) == pytest.approx(
        np.pi * (pvs + 0.2 * tissue) * 40.0 / 80.0**3, rel=1e-12
    )
    box = ((14 * UM, -5 * UM, 10 * UM), (24 * UM, 5 * UM, 20 * UM))
    inside = Voxels(size=10 * UM, low=box[0], high=box[1])  # cells are twice as long
    found = float(read(inside, model, still, state)["content_1"].squeeze())
    assert found == pytest.approx(0.2, rel=0.02)


def test_a_point_spread_spreads(model, still, wide):
    image = Voxels(size=10 * UM, spread=23.548200450309493 * UM)  # a deviation of one voxel
    placed = put_in_place({"image": image}, model, still)["image"]
    blur = np.asarray(placed.look.blur[0])
    assert blur.sum(axis=0) == pytest.approx(1.0)
    middle = blur[len(blur) // 2]
    assert middle[len(blur) // 2 + 1] / middle[len(blur) // 2] == pytest.approx(
        np.exp(-0.5), rel=0.1
    )
    assert [axis.name for axis in placed.axes] == ["x", "y", "z"]


@pytest.mark.parametrize("profile", ["cone", "gaussian"])
def test_photometry_weights_add_up_to_one(model, still, profile):
    fibre = Photometry(core_radius=20 * UM, attenuation_length=30 * UM, profile=profile)
    rest = at_rest(model, still.space, still.space.fluid_rest, still.joins)
    state = with_field(rest, still, lambda x, y, z: 0.4 + 0.0 * x)
    assert float(read(fibre, model, still, state)["fluorescence_1"]) == pytest.approx(
        0.4, rel=1e-13
    )


def test_photometry_sees_a_narrow_beam_as_its_axis(model, still):
    """Deep in tissue, a field linear in depth reads as at the mean depth of the sensitivity."""
    fibre = Photometry(
        tip=(20 * UM, 0.0, 0.0),
        direction=(0, 0, 2.0),
        core_radius=5 * UM,
        numerical_aperture=1e-9,
        attenuation_length=8 * UM,
        profile="cone",
    )
    rest = at_rest(model, still.space, still.space.fluid_rest, still.joins)
    state = with_field(rest, still, lambda x, y, z: z / UM)
    found = float(read(fibre, model, still, state)["fluorescence_1"])
    decay, length = 4.0, 40.0  # um: sensitivity is light squared
    full = np.exp(-length / decay)
    assert found == pytest.approx(decay - length * full / (1 - full), rel=0.03)


def test_photometry_knows_how_much_it_sees(model, still):
    """A cone without spread: pi R^2 l / 2 in all; in the mesh all of it but its deep end."""
    fibre = Photometry(
        tip=(20 * UM, 0.0, 0.0),
        direction=(0, 0, 1.0),
        core_radius=5 * UM,
        numerical_aperture=1e-9,
        attenuation_length=40 * UM,
        profile="cone",
    )
    assert fibre.volume() == pytest.approx(np.pi * (5 * UM) ** 2 * 20 * UM, rel=1e-8)
    ready = put_in_place({"tip": fibre}, model, still)["tip"]
    assert ready.facts["view_in_mesh_1"] == pytest.approx(1 - np.exp(-2.0), rel=0.03)
    wide = replace(fibre, numerical_aperture=0.39, profile="gaussian")
    depth, aside = (grid * UM for grid in np.meshgrid(np.arange(0.5, 400), np.arange(0.5, 400)))
    whole = (wide.sensitivity(depth, aside) * 2 * np.pi * aside).sum() * UM**2
    assert wide.volume() == pytest.approx(whole, rel=1e-3)


def test_photometry_fades_and_hisses(model, still, wide):
    state = with_field(wide, still, lambda x, y, z: 1.0 + 0.0 * x)
    clear = Photometry(core_radius=10 * UM)
    bright = float(read(clear, model, still, state)["fluorescence_1"])
    faded = read(replace(clear, bleaching=12.0), model, still, state)["fluorescence_1"]
    assert float(faded) == pytest.approx(bright * np.exp(-6.0 / 12.0), rel=1e-12)
    noisy = replace(clear, noise=0.1, seed=5)
    placed = put_in_place({"tip": noisy, "top": noisy}, model, still)
    look = jax.jit(lambda look, index: look(replace(state, index=index), still)["fluorescence_1"])
    drawn = np.array([[float(look(r.look, i)) for i in range(300)] for r in placed.values()])
    assert drawn.std() == pytest.approx(0.1, rel=0.1)
    assert drawn.mean() == pytest.approx(bright, abs=0.02)
    assert abs(np.corrcoef(drawn)[0, 1]) < 0.2
    assert drawn[0, 7] == float(look(put_in_place({"tip": noisy}, model, still)["tip"].look, 7))


def test_a_line_scan_reads_the_lumen(model, still, wide):
    for path in (None, 7 * UM):
        found = read(DiameterScan(path), model, still, wide)
        assert float(found["diameter_m"]) == pytest.approx(0.9 * 12 * UM, rel=1e-12)
    space = still.space
    slanted = 1.0 + 0.1 * space.path / LENGTH
    state = replace(wide, points=positions(space, slanted))
    found = read(DiameterScan(at=(0.0, 20 * UM, 30 * UM)), model, still, state)
    assert float(found["diameter_m"]) == pytest.approx(12 * UM * 1.075, rel=1e-12)
    volume = float(blood_volume(space, state.points, slanted))
    radius = 0.5 * float(read(DiameterScan(), model, still, state)["diameter_m"])
    assert radius**2 * np.pi * LENGTH == pytest.approx(volume, rel=2e-3)


def test_a_line_scan_crosses_the_annulus_profile(model, still):
    """Exact at the layers of the mesh, linear in between; the mean by the trapezoidal rule."""
    space = still.space
    rest = at_rest(model, space, space.fluid_rest, still.joins)
    exact = AnnulusFlow()
    distance = 6 * UM + 3 * UM * space.fraction  # rings are wider than the circles they stand for
    velocity = jnp.stack([0 * distance, 0 * distance, exact.velocity(distance)])
    state = replace(rest, velocity=velocity)
    scan = VelocityScan(path=21 * UM, places=5)
    ready = put_in_place({"scan": scan}, model, still)["scan"]
    found = ready.look(state, still)
    at = 6 * UM + 3 * UM * np.linspace(0, 1, 5)
    peak = float(exact.velocity(7.5 * UM))
    np.testing.assert_allclose(found["velocity_m_per_s"], exact.velocity(at), atol=1e-9 * peak)
    assert float(found["mean_velocity_m_per_s"]) == pytest.approx(
        float(np.trapezoid(exact.velocity(at), np.linspace(0, 1, 5))), rel=1e-9
    )
    assert ready.axes[0].values[-1] == pytest.approx(3 * UM * model.mesh.widening)
    uniform = replace(rest, velocity=jnp.ones_like(velocity) * jnp.array([[0.0], [0.0], [-2.0]]))
    inward = VelocityScan(at=(0.0, -9 * UM, 0.0), places=8)
    found = read(inward, model, still, uniform)["velocity_m_per_s"]
    np.testing.assert_allclose(found, -2.0, rtol=1e-12)


def test_sigma_is_opposite_to_norepinephrine(model, still, wide):
    found = read(Sigma(sensitivity=0.5), model, still, wide)["power_1"]
    signal = np.sin(2 * np.pi * 0.02 * 6.0)
    assert float(found) == pytest.approx(np.exp(-0.5 * signal), rel=1e-12)
    awake = replace(model, signal=SimpleSignal(np.array([0.75, 0.125, 0.125, 0.0, 0.0])))
    assert float(read(Sigma(), awake, still, wide)["power_1"]) == pytest.approx(0.25)


class SimpleSignal:
    """Quiet norepinephrine in a given mixture of states."""

    def __init__(self, weights):
        self.weights = weights

    def __call__(self, time):
        return 0.0 * time

    def states(self, time):
        return jnp.asarray(self.weights)


jax.tree_util.register_pytree_node(
    SimpleSignal, lambda signal: ((signal.weights,), None), lambda _, parts: SimpleSignal(*parts)
)


def test_readings_are_linear_in_the_tracer(model, still, wide):
    instruments = {"image": Voxels(15 * UM), "tip": Photometry(core_radius=9 * UM)}
    a = with_field(wide, still, lambda x, y, z: x / UM)
    b = with_field(wide, still, lambda x, y, z: jnp.cos(z / UM))
    both = replace(wide, concentration=jax.tree.map(jnp.add, a.concentration, b.concentration))
    for instrument in instruments.values():
        first, second, sum_ = (read(instrument, model, still, s) for s in (a, b, both))
        for key in first:
            np.testing.assert_allclose(first[key] + second[key], sum_[key], rtol=1e-12, atol=1e-18)


@pytest.mark.parametrize(
    ("instrument", "words"),
    [
        (Roi((1.0, 0, 0), radius=5 * UM), "sees nothing of annulus, which reaches from"),
        (Roi(CENTRE), "give either"),
        (Roi((0, 0), radius=1 * UM), r"observe\.probe\.centre is \(0, 0\); give three numbers"),
        (Roi(CENTRE, radius=-1.0), "above zero"),
        (Photometry(tip=(0, 0, -0.1), direction=(0, 0, -1)), r"sees nothing.*observe\.probe\.tip"),
        (Photometry(numerical_aperture=1.4), "must be below"),
        (Photometry(bleaching=0.0), "bleaching is 0.0"),
        (Photometry(direction=(0, 0, 0)), "no length"),
        (Photometry(noise=-1.0), "noise is -1"),
        (Photometry(profile="square"), "give cone or gaussian"),
        (RegionMean("grey"), "annulus has all, pvs, arterial_pvs, tissue"),
        (RegionMean("venous_pvs"), "annulus has all, pvs, arterial_pvs, tissue"),
        (Voxels(0.0), "size must be above zero"),
        (Voxels(0.01 * UM), "give larger voxels"),
        (Voxels(low=(1, 1, 1), high=(2, 2, 2), size=0.5), "sees nothing of annulus"),
        (DiameterScan(path=1.0), "reach from 0 to 40 um from the mouth"),
        (VelocityScan(places=1), "give 2 or more"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_what_cannot_be_seen_is_refused(model, still, instrument, words):
    with pytest.raises(InputError, match=words):
        put_in_place({"probe": instrument}, model, still)


@pytest.mark.parametrize("name", ["flow_probe", "tracer", "no word", "pvs"])
def test_names_that_the_run_needs_are_refused(model, still, name):
    with pytest.raises(InputError, match="choose another"):
        put_in_place({name: RegionMean("all")}, model, still)


def test_ladders_add_up_long_rows():
    random = np.random.default_rng(0)
    targets = np.concatenate([np.full(5000, 2), random.integers(0, 9, 700)])
    values = random.integers(-9, 9, len(targets)).astype(float)
    tables = ladder(targets, 11)
    assert all(table.shape[0] <= 32 for table in tables)
    found = climb(jnp.asarray(values), tuple(map(jnp.asarray, tables)))
    assert np.array_equal(found, np.bincount(targets, values, 11))


def test_readings_are_differentiable_in_the_gain(model, still, wide):
    """Through the moving mesh alone; through a whole run in tests/verification/test_runs.py."""
    field = with_field(wide, still, lambda x, y, z: 0.3 + z / LENGTH)
    instruments = {"tip": Photometry(core_radius=10 * UM), "image": Voxels(15 * UM)}
    placed = put_in_place(instruments | {"lumen": DiameterScan()}, model, still)

    @jax.jit
    def seen(gain):
        wall = Vasomotion(gain=gain, delay=0.0, history=20.0, spacing=0.5)
        ratio = wall.response(model.signal, 20.0).radius_ratio(still.space.path, 12.0)
        state = replace(field, points=positions(still.space, ratio))
        tip, image, lumen = (placed[name].look(state, still) for name in placed)
        return tip["fluorescence_1"] + image["content_1"].max() + lumen["diameter_m"] / UM

    slope, step = float(jax.jit(jax.grad(seen))(0.1)), 1e-3
    difference = float((seen(0.1 + step) - seen(0.1 - step)) / (2 * step))
    assert abs(slope) > 1.0 and slope == pytest.approx(difference, rel=1e-7)


def test_line_scans_find_their_branch_on_a_tree():
    """On the packaged tree: at a node of the centreline the lumen has the node's radius."""
    mesh = sample_mesh()
    space = build_space(mesh)
    still = Prepared(space=space, plan=None, joins=None, step=1.0, span=Span(1, 1.0))
    rest = SimpleNamespace(points=space.fluid_rest, velocity=-space.radial)
    tree = mesh.tree
    children = np.bincount(tree.parent[tree.parent >= 0], minlength=len(tree.points))
    forks = tree.points[children > 1]
    clear = np.linalg.norm(tree.points[:, None] - forks, axis=2).min(axis=1) > 60 * UM
    nodes = np.flatnonzero((children == 1) & clear)[3::9]
    assert len(nodes) >= 4
    for node in nodes:
        scan = DiameterScan(at=tuple(tree.points[node]))
        ready = put_in_place({"scan": scan}, None, still)["scan"]
        found = float(ready.look(rest, still)["diameter_m"])
        assert found == pytest.approx(2 * tree.radius[node], rel=0.05)
        line = VelocityScan(at=tuple(tree.points[node]), places=5)
        across = put_in_place({"scan": line}, None, still)["scan"].look(rest, still)
        # a field that points at the axis everywhere has no axial part, but for a bend's
        assert np.abs(across["velocity_m_per_s"]).max() < 0.1


def test_one_of_several_tracers_is_seen(model, still, wide):
    both = replace(model, tracers={"red": AdvectionDiffusion(porosity=0.1)})
    state = with_field(wide, still, lambda x, y, z: 0.2 + 0.0 * x)
    state = replace(state, tracers={"red": jax.tree.map(lambda c: 3.0 * c, state.concentration)})
    first, red = (read(RegionMean("tissue", name), both, still, state) for name in (None, "red"))
    assert float(first["concentration_1"]) == pytest.approx(0.2)
    assert float(red["concentration_1"]) == pytest.approx(0.6)
    stored = 1e-4 * 20.0  # storage times pressure
    ratio = 3.0 * (0.1 + stored) / (0.2 + stored)
    assert float(red["tracer_m3"] / first["tracer_m3"]) == pytest.approx(ratio)
    with pytest.raises(InputError, match="the tracer 'blue'; the model has red"):
        read(Photometry(tracer="blue"), both, still, state)
