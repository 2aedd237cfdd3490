"""A flow that a space cannot have is refused at the door, in words that name key and remedy."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

from meshes.annulus import annulus
from meshes.errors import InputError
from solver.flow import (
    Closed,
    Directional,
    FromMesh,
    Open,
    Oscillation,
    Prescribed,
    Pvs,
    Resistance,
    Sheath,
    Sink,
    Spring,
    StokesDarcy,
    Tissue,
    Trace,
    Unsteady,
    Windkessel,
)
from solver.flow.check import check_flow
from solver.geometry.space import build_space
from solver.signal import Quiet
from solver.simulate import prepare
from solver.state import Model
from solver.tracer.species import AdvectionDiffusion
from solver.wall import Prescribed as Wall
from solver.wall import Still

UM = 1e-6
INF = float("inf")
SMALL = {"across": 2, "around": 8, "along": 3}


@pytest.fixture(scope="module")
def mesh():
    return annulus(6 * UM, 9 * UM, 30 * UM, tissue_outer=20 * UM, tissue_layers=2, **SMALL)


@pytest.fixture(scope="module")
def space(mesh):
    return build_space(mesh)


@pytest.fixture(scope="module")
def bare():
    return build_space(annulus(6 * UM, 9 * UM, 30 * UM, **SMALL))


@pytest.fixture(scope="module")
def venous():
    small = SMALL | {"tissue_layers": 2}
    return build_space(
        annulus(6 * UM, 9 * UM, 30 * UM, tissue_outer=20 * UM, venous=23 * UM, **small)
    )


def flow_of(**changes):
    return replace(StokesDarcy(), **changes)


GREY = {"arterial_pvs": 1e-10}
WRONG = {
    "viscosity": ({"viscosity": 0.0}, r"flow\.viscosity is 0; .* above zero"),
    "viscosity nan": ({"viscosity": float("nan")}, r"flow\.viscosity is nan"),
    "several": ({"viscosity": np.ones(2)}, r"flow\.viscosity is .*; give one number"),
    "gradient": ({"gradient": INF}, r"flow\.gradient is inf; give a finite"),
    "memory": ({"memory": 0}, r"flow\.memory is 0; .* at least 1"),
    "limit": ({"limit": 0}, r"flow\.limit is 0"),
    "tolerance": ({"tolerance": -1.0}, r"flow\.tolerance is -1"),
    "derivatives": ({"derivative_tolerance": 0.0}, r"flow\.derivative_tolerance is 0"),
    "stabilisation": ({"stabilisation": 0.0}, r"flow\.stabilisation is 0"),
    "coarse": ({"coarse": "rows"}, r"flow\.coarse is 'rows'; use one of columns, vertices"),
    "precision": ({"precision": "half"}, r"flow\.precision is 'half'; use one of float64"),
    "permeability": (
        {"tissue": Tissue(permeability=0.0)},
        r"flow\.tissue\.permeability is 0 in tissue .*above zero",
    ),
    "endless": ({"tissue": Tissue(permeability=INF)}, r"permeability is inf .* finite and above"),
    "storage": ({"tissue": Tissue(storage=-1.0)}, r"flow\.tissue\.storage is -1 .*zero or more"),
    "no region": (
        {"tissue": Tissue(permeability={"grey": 1e-16})},
        r"flow\.tissue\.permeability: no value for tissue; the regions of .* are tissue",
    ),
    "no field": (
        {"tissue": Tissue(permeability=FromMesh("k"))},
        r"flow\.tissue\.permeability: .* has no cell array 'k'",
    ),
    "no direction": (
        {"tissue": Tissue(permeability=Directional(1e-16, 1e-17, (0.0, 0.0, 0.0)))},
        r"permeability\.direction is \(0\.0, 0\.0, 0\.0\); give three numbers",
    ),
    "two numbers": (
        {"tissue": Tissue(permeability=Directional(1e-16, 1e-17, (0.0, 1.0)))},
        r"permeability\.direction is \(0\.0, 1\.0\); give three numbers",
    ),
    "directed storage": (
        {"tissue": Tissue(storage=Directional(1e-4, 1e-5))},
        r"flow\.tissue\.storage has no direction",
    ),
    "pvs": ({"pvs": Pvs(0.0)}, r"flow\.pvs\.permeability is 0 in arterial_pvs"),
    "pvs below": ({"pvs": Pvs(-1e-14)}, r"flow\.pvs\.permeability is -1e-14"),
    "conductance": (
        {"sheath": Sheath(conductance=-1e-10)},
        r"flow\.sheath\.conductance is -1e-10 .*zero or more",
    ),
    "conductance nan": (
        {"sheath": Sheath(conductance=float("nan"))},
        r"flow\.sheath\.conductance is nan",
    ),
    "conductance of a vein": (
        {"sheath": Sheath(conductance=GREY | {"vein": 1.0})},
        r"flow\.sheath\.conductance: no region vein",
    ),
    "slip": ({"sheath": Sheath(slip=-1.0)}, r"flow\.sheath\.slip is -1; .*inf not at all"),
    "modulus": ({"outer_wall": Spring(modulus=0.0)}, r"flow\.outer_wall\.modulus is 0"),
    "modulus endless": ({"outer_wall": Spring(modulus=INF)}, r"flow/outer_wall=rigid"),
    "reference": ({"outer_wall": Spring(reference=INF)}, r"flow\.outer_wall\.reference is inf"),
    "speed": ({"outer_wall": Prescribed(speed=0.0)}, r"flow\.outer_wall\.speed is 0"),
    "amplitude": (
        {"outer_wall": Prescribed(amplitude=float("nan"))},
        r"flow\.outer_wall\.amplitude is nan",
    ),
    "no wall": ({"outer_wall": Closed()}, r"flow\.outer_wall is Closed.*flow/outer_wall=rigid or"),
    "density": ({"inertia": Unsteady(density=0.0)}, r"flow\.inertia\.density is 0"),
    "resistance": ({"distal": Resistance(0.0)}, r"flow\.distal\.resistance is 0; .*=closed"),
    "resistance endless": ({"inlet": Resistance(INF)}, r"flow\.inlet\.resistance is inf"),
    "compliance": (
        {"distal": Windkessel(compliance=-1.0)},
        r"flow\.distal\.compliance is -1; .*zero or more",
    ),
    "pressure": ({"inlet": Open(INF)}, r"flow\.inlet\.pressure is inf; .*oscillation"),
    "oscillation": (
        {"inlet": Open(Oscillation(frequency=INF))},
        r"flow\.inlet\.pressure\.frequency is inf",
    ),
    "trace": (
        {"inlet": Open(Trace(jnp.array([1.0, 0.0]), jnp.zeros(2)))},
        r"flow\.inlet\.pressure: the times of the trace must increase",
    ),
    "short trace": (
        {"inlet": Open(Trace(jnp.zeros(1), jnp.zeros(1)))},
        r"flow\.inlet\.pressure: the trace has 1 times",
    ),
    "no such end": (
        {"ends": {"distal_7": Open()}},
        r"flow\.ends\.distal_7: .* has no end 'distal_7'; its ends are inlet, distal_1",
    ),
    "a named end": (
        {"ends": {"distal_1": Resistance(-1.0)}},
        r"flow\.ends\.distal_1\.resistance is -1",
    ),
    "sink at an end": ({"distal": Sink()}, r"flow\.distal is Sink, which does not belong there"),
    "resistance outside": ({"outer": Resistance()}, r"flow\.outer is Resistance.*open or closed"),
    "sink": ({"outer": Sink(conductance=0.0)}, r"flow\.outer\.conductance is 0; .*=closed"),
    "outer pressure": ({"outer": Open(INF)}, r"flow\.outer\.pressure is inf"),
}


@pytest.mark.parametrize("name", WRONG)
def test_is_refused(space, name):
    changes, message = WRONG[name]
    with pytest.raises(InputError, match=message):
        check_flow(flow_of(**changes), space, moving=True)


FINE = {
    "default": {},
    "sealed": {"sheath": Sheath(conductance=0.0, slip=INF)},
    "absent": {"sheath": Sheath(conductance=INF)},
    "porous by region": {"pvs": Pvs({"arterial_pvs": 2e-14})},
    "no storage": {"tissue": Tissue(storage=0.0)},
    "all named": {"ends": {"inlet": Closed(), "distal_1": Windkessel(compliance=0.0)}},
    "list for a direction": {"tissue": Tissue(Directional(1e-15, 1e-16, [0, 0, 2]))},
    "oscillation": {"inlet": Open(Oscillation(amplitude=1.0))},
    "inertia": {"inertia": Unsteady(), "outer_wall": Spring()},
}


@pytest.mark.parametrize("name", FINE)
def test_is_let_in(space, name):
    check_flow(flow_of(**FINE[name]), space, moving=True)


@pytest.mark.parametrize("outer", [Open(), Sink()])
def test_outer_faces_must_be_there(bare, outer):
    with pytest.raises(InputError, match=r"has no tissue; use flow/end@flow\.outer=closed"):
        check_flow(flow_of(outer=outer), bare, moving=False)


def test_venous_settings_matter_only_where_there_are_veins(space, venous):
    flow = flow_of(ends={"venous_distal_1": Open()})
    check_flow(flow, venous, moving=True)
    with pytest.raises(InputError, match="no end 'venous_distal_1'"):
        check_flow(flow, space, moving=True)


SHUT = {"inlet": Closed(), "distal": Closed()}
NO_STORAGE = {"tissue": Tissue(storage=0.0)}
SEALED = {"sheath": Sheath(conductance=0.0, slip=INF)}


def test_a_closed_space_without_tissue_is_refused(bare):
    message = "the ends inlet, distal_1 are closed and there is no tissue.*flow.inlet=open"
    with pytest.raises(InputError, match=message):
        check_flow(flow_of(**SHUT), bare, moving=True)
    check_flow(flow_of(**SHUT), bare, moving=False)
    check_flow(flow_of(**SHUT | {"ends": {"distal_1": Resistance()}}), bare, moving=True)


def test_a_closed_space_in_a_sealed_sheath_is_refused(space):
    with pytest.raises(InputError, match=r"its sheath is sealed.*flow/sheath=endfeet"):
        check_flow(flow_of(**SHUT, **SEALED), space, moving=True)
    with pytest.raises(InputError, match="springs does not count"):
        check_flow(flow_of(**SHUT, **SEALED, outer_wall=Spring()), space, moving=True)


def test_a_closed_space_needs_tissue_that_takes_or_drains(space):
    check_flow(flow_of(**SHUT), space, moving=True)
    with pytest.raises(InputError, match=r"neither stores .* nor drains .*flow\.outer=open"):
        check_flow(flow_of(**SHUT, **NO_STORAGE), space, moving=True)
    for outer in (Open(), Sink()):
        check_flow(flow_of(**SHUT, **NO_STORAGE, outer=outer), space, moving=True)


def test_a_closed_artery_may_drain_into_a_vein(venous):
    check_flow(flow_of(**SHUT, **NO_STORAGE), venous, moving=True)
    shut = SHUT | {"venous_outlet": Closed()}
    with pytest.raises(InputError, match="venous_outlet"):
        check_flow(flow_of(**shut, **NO_STORAGE), venous, moving=True)
    sealed = Sheath(conductance={"arterial_pvs": 0.0, "venous_pvs": 1e-10})
    with pytest.raises(InputError, match="inlet, distal_1 are closed and its sheath is sealed"):
        check_flow(flow_of(**SHUT, **NO_STORAGE, sheath=sealed), venous, moving=True)


def model_of(mesh, wall, tracer=None, **changes):
    tracer = tracer or AdvectionDiffusion()
    return Model(mesh, signal=Quiet(), wall=wall, flow=flow_of(**changes), tracer=tracer)


def test_prepare_checks_flow_and_porosity(mesh):
    with pytest.raises(InputError, match=r"flow\.viscosity"):
        prepare(model_of(mesh, Still(), viscosity=-1.0), until=2.0, step=1.0)
    tracer = AdvectionDiffusion(porosity=0.0)
    with pytest.raises(InputError, match=r"tracer\.porosity is 0"):
        prepare(model_of(mesh, Still(), tracer), until=2.0, step=1.0)


def test_only_what_moves_needs_a_way_out(mesh):
    shut = SHUT | SEALED
    prepare(model_of(mesh, Still(), **shut), until=2.0, step=1.0)
    pushed = {"outer_wall": Prescribed(amplitude=0.01)}
    for wall, more in ((Wall(0.1), {}), (Still(), pushed)):
        with pytest.raises(InputError, match="nowhere to go"):
            prepare(model_of(mesh, wall, **shut, **more), until=2.0, step=1.0)


def test_wall_and_prescribed_sheath_must_not_meet(mesh):
    """Gap 3 um, wall out by 1.8 um, sheath in by 1.8 um: they meet unless they go together."""
    wall = Wall(amplitude=0.3, frequency=0.02)
    against = Prescribed(amplitude=-0.2, frequency=0.02)
    with pytest.raises(InputError, match=r"would meet at t = .*flow\.outer_wall\.amplitude"):
        prepare(model_of(mesh, wall, outer_wall=against), until=50.0, step=2.5)
    along = replace(against, amplitude=0.2)
    prepare(model_of(mesh, wall, outer_wall=along), until=50.0, step=2.5)
