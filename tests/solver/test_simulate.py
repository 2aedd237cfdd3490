"""A run's manners: it tells its progress, stops when a solve fails, and refuses empty times."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from meshes.annulus import annulus
from meshes.errors import InputError
from solver.flow import StokesDarcy
from solver.geometry.space import build_space
from solver.signal import Norepinephrine
from solver.simulate import as_arrays, from_arrays, identity, preparation, prepare, simulate
from solver.simulate.march import _once, _respond
from solver.state import Model
from solver.wall import Prescribed, Vasomotion
from solver.wall.sampled import longer

UM = 1e-6


def peak(state, _):
    return state.concentration[0].max()


def profile(state, _):
    return state.concentration[0][:7]


@pytest.fixture(scope="module")
def model():
    return Model(
        annulus(6 * UM, 9 * UM, 30 * UM, tissue_outer=30 * UM, across=2, around=8, along=4),
        signal=Norepinephrine(),
        wall=Prescribed(amplitude=0.05, frequency=0.02),
        flow=StokesDarcy(memory=4),
    )


def test_a_run_tells_where_it_is_and_what_the_fields_are(model):
    steps, moments, kept = [], [], []
    prepared, watch = prepare(model, until=8.0, step=2.0), {"peak_tracer": peak, "profile": profile}
    run = simulate(
        model,
        prepared,
        watch=watch,
        keep=kept.append,
        on_step=steps.append,
        on_fields=moments.append,
        fields_every=4.0,
    )
    assert run.complete and [step.index for step in steps] == [1, 2, 3, 4]
    assert run.times.tolist() == [0.0, 2.0, 4.0, 6.0, 8.0]
    assert run.signals["peak_tracer"].max() == pytest.approx(1.0)
    assert [fields.time for fields in moments] == [0.0, 4.0, 8.0]
    corner = moments[-1].points[moments[-1].cells]
    edges = corner[:, 1:] - corner[:, :1]
    assert (np.linalg.det(edges) > 0).all()
    assert {len(values) for values in moments[-1].point_data.values()} == {len(moments[-1].points)}

    # from any moment on, by way of arrays, to the same numbers; or only so far
    since = from_arrays(model, prepared, as_arrays(kept[1]))
    again = simulate(model, prepared, watch=watch, since=since, stop=lambda: False)
    assert since.index == 2 and again.complete
    for whole, parts in ((run.signals, again.signals), (run.solves, again.solves)):
        assert list(whole) == list(parts)
        assert all(np.array_equal(whole[name], parts[name]) for name in whole)
    assert run.observed["profile"].shape == (5, 7)
    assert np.array_equal(run.observed["profile"], again.observed["profile"])
    assert all(map(np.array_equal, jax.tree.leaves(run.state), jax.tree.leaves(again.state)))
    short = simulate(model, prepared, watch=watch, stop=lambda: True)
    assert len(short.times) == 2 and short.converged and not short.complete
    with pytest.raises(KeyError):
        from_arrays(model, prepared, {})


def test_a_solve_that_fails_ends_the_run_and_keeps_what_was(model):
    strict = replace(model, flow=replace(model.flow, limit=2))
    run = simulate(strict, prepare(strict, until=8.0, step=2.0))
    assert not run.converged and not run.complete
    assert len(run.times) == 2 and not run.solves["converged"][-1]


def test_models_that_differ_in_numbers_share_what_is_compiled(model):
    simulate(model, prepare(model, until=4.0, step=2.0))
    compiled = _once._cache_size()
    gentle = replace(model, wall=replace(model.wall, amplitude=0.02))
    run = simulate(gentle, prepare(gentle, until=4.0, step=2.0))
    assert _once._cache_size() == compiled
    assert np.ptp(run.signals["mean_radius_m"]) == pytest.approx(
        0.02 * np.sin(2 * np.pi * 0.02 * 4.0) * run.signals["mean_radius_m"][0], rel=1e-6
    )


def test_runs_of_other_lengths_and_steps_share_what_is_compiled(model):
    told = replace(model, signal=Norepinephrine(), wall=Vasomotion())
    simulate(told, prepare(told, until=4.0, step=2.0))
    compiled = _once._cache_size()
    runs = [simulate(told, prepare(told, *times)) for times in ((12.0, 2.0), (12.0, 1.5))]
    assert _once._cache_size() == compiled
    for run in runs:  # to the end, on the wall's own path
        path = told.wall.response(told.signal, 12.0).radius_ratio(jnp.zeros(1), 12.0)
        ends = run.signals["mean_radius_m"][[0, -1]]
        start = told.wall.response(told.signal, 12.0).radius_ratio(jnp.zeros(1), 0.0)
        assert run.times[-1] == 12.0 and ends[1] / ends[0] == pytest.approx(
            float((path / start)[0]), rel=1e-3
        )


def test_a_program_of_one_step_does_not_know_the_end(model):
    ready = prepare(model, until=4.0, step=2.0).without_end()
    for name in ("steps", "until"):
        with pytest.raises(ValueError, match="does not know how long"):
            getattr(ready, name)


def test_what_is_fixed_never_comes_from_earlier_solutions(model):
    """Rounding there would grow from step to step, unseen by the residual."""
    prepared = prepare(model, until=8.0, step=2.0)
    state, response = simulate(model, prepared).state, longer(_respond(model, prepared))
    fluid, tissue, node = state.past.memory.solutions
    free = prepared.plan.masks.free
    fixed = (np.eye(3)[:, :, None] - free).sum(axis=1)
    spoilt = (fluid.at[:, :3].add(1e-5 * fixed), tissue, node)
    memory = replace(state.past.memory, solutions=spoilt)
    other = replace(state, past=replace(state.past, memory=memory))
    clean, dirty = (
        _once(model, prepared.without_end(), response, s, {})[0].velocity for s in (state, other)
    )
    assert np.abs(clean - dirty).max() < 1e-4 * np.abs(clean).max()


@pytest.mark.parametrize(("until", "step"), [(0.0, 1.0), (10.0, 0.0), (1.0, 2.0)])
def test_times_that_make_no_step_are_refused(model, until, step):
    with pytest.raises(InputError, match=r"run\.step"):
        prepare(model, until=until, step=step)


def test_a_wall_that_would_reach_the_sheath_is_refused(model):
    wide = replace(model, wall=Prescribed(amplitude=0.6, frequency=0.02))
    with pytest.raises(InputError, match="reach the sheath at"):
        prepare(wide, until=4.0, step=2.0)


def crooked(space):
    """A space with a vertex between wall and sheath that goes the wrong way, and too far."""
    fraction = np.asarray(space.fraction)
    inside = int(np.flatnonzero((fraction > 0.3) & (fraction < 0.7))[0])
    return replace(space, radial=space.radial.at[:, inside].mul(-30.0))


def test_a_wall_that_turns_cells_inside_out_is_refused(model, monkeypatch):
    monkeypatch.setattr(preparation, "build_space", lambda mesh: crooked(build_space(mesh)))
    with pytest.raises(InputError, match=r"inside out at t = [48] s; lower wall\.gain"):
        prepare(model, until=12.0, step=4.0)
    # the bounds alone do not refuse: here the wall has hardly moved when the run ends
    prepare(model, until=0.2, step=0.1)


def test_cells_that_turn_inside_out_end_the_run(model):
    prepared = prepare(model, until=40.0, step=2.0)
    prepared = replace(prepared, space=crooked(prepared.space))
    with pytest.warns(UserWarning, match=r"turned inside out by t = .* lower wall\.gain"):
        run = simulate(model, prepared)
    assert not run.converged and run.solves["inverted"][-1] > 0
    assert not run.solves["inverted"][:-1].any()


def test_a_model_is_known_by_its_numbers_and_its_mesh(model):
    known = identity(model)
    assert identity(replace(model)) == known
    other = identity(replace(model, wall=replace(model.wall, amplitude=0.04)))
    assert [name for name in known if other[name] != known[name]] == ["wall.amplitude"]
    moved = replace(model.mesh, points=model.mesh.points * (1.0 + 1e-15))
    other = identity(replace(model, mesh=moved))
    assert [name for name in known if other[name] != known[name]] == ["mesh"]
