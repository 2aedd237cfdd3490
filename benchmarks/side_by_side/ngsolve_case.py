"""NGSolve on a problem: Taylor-Hood P2/P1 in the space, P2 Darcy in the tissue, P2 traces between.

    2 mu (D(u), D(v)) - (p, div v) - (q, div u) + <(1/L_p) u.n, v.n> + <beta u_t, v_t>
      + <P, v.n> + <u.n, R> - (k/mu) (grad P, grad R) - (S/dt) (P, R)
      = -(S/dt) (P_old, R) - <p0, v.n>

The mesh moves by `SetDeformation` to mid-step, and everything is assembled anew at every step. Ends
are held by a penalty: open ones along themselves, closed ones across. Lengths are micrometres here,
Pa and s stay. The linear solver is sparse Cholesky (indefinite, no pivoting; -EPSILON (p, q)
regularises it) or MINRES with
    velocity    edge-block Gauss-Seidel around a sparse Cholesky of the P1 part
    pressures   the mass over mu, plus W^2/12mu grad grad in the space coupled to the tissue by L_p
which is the block preconditioner that thin gaps need. While the wall moves, direct factors are made
anew at every step; MINRES keeps its preconditioner and starts from its last solution.
"""

import time
from dataclasses import replace

import netgen.meshing as netgen
import ngsolve as ng
import numpy as np
from ngsolve.krylovspace import MinResSolver
from ngsolve.la import Embedding

from meshes.mesh import Mesh
from meshes.tags import Patch, Region
from solver.flow import Open, StokesDarcy

from .measure import Measured, Tell, best, peak, timed
from .problems import STEP, STEPS, Problem, displacement

UM = 1e-6
PENALTY = 1e10  # 1/um, times mu: through a closed end seeps 1e-9 of the rest
EPSILON = 1e-9  # 1/mu, relative size of the pressure's regularisation
TOLERANCE = {"cold": 1e-8, "run": 1e-6}  # of MINRES
LIMIT = 600
LARGEST_DIRECT = 60_000  # unknowns; beyond, fill grows out of hand
STENCIL = 1e-4  # relative step of the finite difference


def transfer(mesh: Mesh) -> ng.Mesh:
    """Points, tagged cells and tagged facets in memory; materials and boundaries named by tags."""
    made = netgen.Mesh(dim=3)
    made.AddPoints(np.ascontiguousarray(mesh.points / UM))
    both = bool((mesh.regions == Region.TISSUE).any())
    outer = (Patch.TISSUE_OUTER, Patch.LUMEN)
    for number, patch in enumerate(Patch, 1):
        inside = 2 if patch in outer else 1
        outside = 2 if both and patch == Patch.SHEATH else 0
        face = netgen.FaceDescriptor(surfnr=number, domin=inside, domout=outside, bc=number)
        made.Add(face)
        made.SetBCName(number - 1, patch.name.lower())
    for number, region in enumerate((Region.ARTERIAL_PVS, Region.TISSUE)[: 1 + both], 1):
        made.SetMaterial(number, ("pvs", "tissue")[number - 1])
        cells = np.ascontiguousarray(mesh.cells_of(region), dtype=np.int32)
        made.AddElements(dim=3, index=number, data=cells, base=0)
    for number, patch in enumerate(Patch, 1):
        facets = np.ascontiguousarray(mesh.facets_of(patch), dtype=np.int32)
        if len(facets):
            made.AddElements(dim=2, index=number, data=facets, base=0)
    return ng.Mesh(made)


def across(u):
    """Normal part on a boundary."""
    return u.Trace() * ng.specialcf.normal(3)


def along(u):
    """Tangential part on a boundary."""
    return u.Trace() - across(u) * ng.specialcf.normal(3)


def strain(u):
    return ng.Sym(ng.Grad(u))


class Case:
    """One problem discretised: spaces, forms and the last solution.

    Attributes:
        space: the product of velocity, pressure and, with tissue, its pressure.
        solution: its last one; `displaced`: the deformation of the mesh, um.
    """

    def __init__(self, problem: Problem, mesh: Mesh, flow: StokesDarcy) -> None:
        self.problem, self.rest, self.mesh = problem, mesh, transfer(mesh)
        self.flow = flow
        self.tissue = "tissue" in self.mesh.GetMaterials()
        self.gap = float(np.median(mesh.vessel.gap[mesh.vessel.gap > 0])) / UM
        still = "wall" if self.tissue else "wall|sheath"
        spaces = [
            ng.VectorH1(self.mesh, order=2, definedon="pvs", dirichlet=still),
            ng.H1(self.mesh, order=1, definedon="pvs"),
        ]
        if self.tissue:
            held = "tissue_outer" if isinstance(flow.outer, Open) else ""
            spaces.append(ng.H1(self.mesh, order=2, definedon="tissue", dirichlet=held))
        self.parts = [ng.Compress(space) for space in spaces]
        self.space = ng.FESpace(self.parts)
        self.unknowns = sum(self.space.FreeDofs())
        points = ng.VectorH1(self.mesh, order=1)
        self.displaced, self.motion = ng.GridFunction(points), ng.GridFunction(points)
        self.solution = ng.GridFunction(self.space)
        self.before = ng.GridFunction(self.parts[2]) if self.tissue else None
        self.iterations = 0

    @property
    def open_ends(self) -> dict[str, float]:
        """Pressure at each open end, Pa."""
        ends = {"inlet": self.flow.inlet, "distal": self.flow.distal}
        return {name: float(end.pressure) for name, end in ends.items() if isinstance(end, Open)}

    def viscous(self, u, v):
        """Velocity block: viscosity, ends, membrane and slip."""
        flow = self.flow
        mu = float(flow.viscosity)
        form = 2.0 * mu * ng.InnerProduct(strain(u), strain(v)) * ng.dx("pvs")
        for end in ("inlet", "distal"):
            part = along if end in self.open_ends else across
            form += PENALTY * mu * part(u) * part(v) * ng.ds(end)
        if self.tissue:
            conductance = float(flow.sheath.conductance) / UM
            slip = float(flow.sheath.slip) * mu / (float(flow.tissue.permeability) / UM**2) ** 0.5
            form += (across(u) * across(v) / conductance + slip * along(u) * along(v)) * ng.ds(
                "sheath"
            )
        return form

    def darcy(self, p, q):
        """Tissue block, positive."""
        tissue = self.flow.tissue
        mobility = float(tissue.permeability) / UM**2 / float(self.flow.viscosity)
        storage = float(tissue.storage) / STEP
        return (mobility * ng.grad(p) * ng.grad(q) + storage * p * q) * ng.dx("tissue")

    def matrix(self, *, regularised: bool) -> ng.BilinearForm:
        """The coupled system on the mesh as it is deformed."""
        trial, test = self.space.TnT()
        u, p, v, q = trial[0], trial[1], test[0], test[1]
        form = ng.BilinearForm(self.space, symmetric=True)
        form += self.viscous(u, v)
        form += (-p * ng.div(v) - q * ng.div(u)) * ng.dx("pvs")
        if regularised:
            form += -EPSILON / float(self.flow.viscosity) * p * q * ng.dx("pvs")
        if self.tissue:
            form += -1.0 * self.darcy(trial[2], test[2])
            form += (trial[2].Trace() * across(v) + across(u) * test[2].Trace()) * ng.ds("sheath")
        return form.Assemble()

    def load(self) -> ng.LinearForm:
        """Pressures at open ends, and what the tissue has stored."""
        test = self.space.TestFunction()
        form = ng.LinearForm(self.space)
        for end, pressure in self.open_ends.items():
            form += -pressure * across(test[0]) * ng.ds(end)
        if self.tissue:
            storage = float(self.flow.tissue.storage) / STEP
            form += -storage * self.before * test[2] * ng.dx("tissue")
        return form.Assemble()

    def move(self, start: float, end: float) -> None:
        """Deform the mesh to the middle of a step and let the wall have its mean velocity."""
        if not self.problem.moving:
            return
        first, last = (displacement(self.rest, time) / UM for time in (start, end))
        self.displaced.vec.FV().NumPy()[:] = (0.5 * (first + last)).T.ravel()
        self.motion.vec.FV().NumPy()[:] = ((last - first) / (end - start)).T.ravel()
        self.mesh.SetDeformation(self.displaced)

    def residual(self, matrix: ng.BilinearForm, load: ng.LinearForm) -> ng.BaseVector:
        """What is left when the wall moves as it should and the rest is as it was."""
        if self.problem.moving:
            velocity = self.solution.components[0]
            kept = velocity.vec.CreateVector()
            kept.data = velocity.vec
            velocity.Set(self.motion, definedon=self.mesh.Boundaries("wall"))
            free = ng.Projector(self.parts[0].FreeDofs(), True)
            velocity.vec.data = velocity.vec - (free * velocity.vec).Evaluate() + free * kept
        left = load.vec.CreateVector()
        left.data = load.vec - matrix.mat * self.solution.vec
        left.data = ng.Projector(self.space.FreeDofs(), True) * left
        return left

    def flow_of(self, boundary: str) -> float:
        """Flow through a boundary, m3/s."""
        velocity = self.solution.components[0]
        rate = ng.Integrate((velocity * ng.specialcf.normal(3)) * ng.ds(boundary), self.mesh)
        return float(rate) * UM**3

    def far_pressure(self) -> float:
        """Mean pressure of the far ends, Pa."""
        far = self.mesh.Boundaries("distal")
        area = ng.Integrate(ng.CF(1.0), far)
        return float(ng.Integrate(self.solution.components[1], far) / area)

    def begin(self) -> None:
        """Nothing flows."""
        self.solution.vec[:] = 0.0
        if self.tissue:
            self.before.vec[:] = 0.0

    def keep(self) -> None:
        """The tissue's pressure is the next step's old one."""
        if self.tissue:
            self.before.vec.data = self.solution.components[2].vec


class Direct:
    """Sparse Cholesky, factors made anew at every step."""

    name = "sparse Cholesky"

    def __init__(self, case: Case) -> None:
        self.case = case

    def solve(self, tolerance: float) -> None:
        """One step, assembled and factorised where the mesh is; `tolerance` is met by far."""
        del tolerance
        case = self.case
        matrix, load = case.matrix(regularised=True), case.load()
        left = case.residual(matrix, load)
        factors = matrix.mat.Inverse(case.space.FreeDofs(), "sparsecholesky")
        case.solution.vec.data += factors * left
        case.iterations = 1


class TwoLevel(ng.BaseMatrix):
    """Velocity: block Gauss-Seidel on edges, Cholesky of the vertices' part, and back."""

    def __init__(self, case: Case) -> None:
        super().__init__()
        space = case.parts[0]
        u, v = space.TnT()
        form = ng.BilinearForm(space, symmetric=False)  # smoothers want whole rows
        form += case.viscous(u, v)
        self.matrix = form.Assemble().mat
        free = space.FreeDofs()
        size = space.ndof // 3
        vertices = case.parts[1].ndof  # P1 lives on the same ones
        open_ = np.array(list(free), dtype=bool).reshape(3, size)
        coarse = ng.BitArray(space.ndof)
        coarse.Clear()
        for dof in np.flatnonzero(open_[:, :vertices].ravel()):
            component, vertex = divmod(int(dof), vertices)
            coarse[component * size + vertex] = True
        self.coarse = self.matrix.Inverse(coarse, "sparsecholesky")
        edges = np.flatnonzero(open_[0, vertices:]) + vertices
        blocks = (edges[:, None] + size * np.arange(3)).tolist()
        self.smoother = self.matrix.CreateBlockSmoother(blocks)
        self.left = self.matrix.CreateColVector()

    def IsComplex(self) -> bool:  # noqa: N802 - NGSolve's names
        return False

    def Height(self) -> int:  # noqa: N802
        return self.matrix.height

    def Width(self) -> int:  # noqa: N802
        return self.matrix.width

    def CreateColVector(self) -> ng.BaseVector:  # noqa: N802
        return self.matrix.CreateColVector()

    def CreateRowVector(self) -> ng.BaseVector:  # noqa: N802
        return self.matrix.CreateRowVector()

    def Mult(self, right: ng.BaseVector, x: ng.BaseVector) -> None:  # noqa: N802
        """Symmetric: down, coarse, up."""
        x[:] = 0.0
        self.smoother.Smooth(x, right)
        self.left.data = right - self.matrix * x
        x.data += self.coarse * self.left
        self.smoother.SmoothBack(x, right)


class Iterative:
    """MINRES; the preconditioner is made once, and the last solution is the guess."""

    name = "MINRES, gap-aware blocks"

    def __init__(self, case: Case) -> None:
        self.case = case
        self.velocity = TwoLevel(case)
        self.preconditioner = self._blocks()
        self.scale = None

    def _blocks(self) -> ng.BaseMatrix:
        case = self.case
        mu = float(case.flow.viscosity)
        into = [Embedding(case.space.ndof, case.space.Range(i)) for i in range(len(case.parts))]
        p, q = case.parts[1].TnT()
        mass = ng.BilinearForm(p * q / mu * ng.dx("pvs"), symmetric=True).Assemble()
        local = mass.mat.Inverse(case.parts[1].FreeDofs(), "sparsecholesky")
        thin = case.gap**2 / (12.0 * mu)
        if case.tissue:
            both = ng.FESpace(case.parts[1:])
            (p, outer), (q, test) = both.TnT()
        else:
            both = case.parts[1]
        form = ng.BilinearForm(both, symmetric=True)
        form += (thin * ng.grad(p) * ng.grad(q) + 1e-9 * thin * p * q) * ng.dx("pvs")
        for end in case.open_ends:
            form += thin / case.gap * p.Trace() * q.Trace() * ng.ds(end)
        if case.tissue:
            form += case.darcy(outer, test)
            leak = float(case.flow.sheath.conductance) / UM
            form += (
                leak * (p.Trace() - outer.Trace()) * (q.Trace() - test.Trace()) * ng.ds("sheath")
            )
        network = form.Assemble().mat.Inverse(both.FreeDofs(), "sparsecholesky")
        blocks = into[0] @ self.velocity @ into[0].T + into[1] @ local @ into[1].T
        if not case.tissue:
            return blocks + into[1] @ network @ into[1].T
        own = [Embedding(both.ndof, both.Range(i)) for i in range(2)]
        up = into[1] @ own[0].T + into[2] @ own[1].T
        down = own[0] @ into[1].T + own[1] @ into[2].T
        return blocks + up @ network @ down

    def solve(self, tolerance: float) -> None:
        """One step, assembled where the mesh is."""
        case = self.case
        matrix, load = case.matrix(regularised=False), case.load()
        left = case.residual(matrix, load)
        size = self._size(left)
        self.scale = max(self.scale or 0.0, size)
        solver = MinResSolver(
            mat=matrix.mat,
            pre=self.preconditioner,
            tol=min(0.5, tolerance * self.scale / size),
            maxiter=LIMIT,
        )
        case.solution.vec.data += (solver * left).Evaluate()
        case.iterations = solver.iterations

    def _size(self, left: ng.BaseVector) -> float:
        weighed = (self.preconditioner * left).Evaluate()
        return float(ng.InnerProduct(left, weighed)) ** 0.5


def measure(
    problem: Problem, *, budget: float, threads: int, tell: Tell, method: str = "auto"
) -> Measured:
    """Cold solve, run and the finite differences that stand in for a gradient.

    Args:
        budget: s that a moving run may take before it is cut short.
        tell: called with what is known so far.
        method: "direct", "minres" or "auto" (direct up to LARGEST_DIRECT unknowns).
    """
    ng.SetNumThreads(threads)
    with ng.TaskManager():
        mesh = problem.mesh()
        case, setup = timed(lambda: Case(problem, mesh, problem.flow))
        direct = case.unknowns <= LARGEST_DIRECT if method == "auto" else method == "direct"
        case.move(0.0, STEP)
        solver, making = timed(lambda: (Direct if direct else Iterative)(case))

        def cold() -> tuple[float, float]:
            case.begin()
            solver.solve(TOLERANCE["cold"])
            return case.flow_of("inlet"), case.far_pressure()

        (flow, pressure), seconds = best(cold)
        result = Measured(
            method=solver.name,
            unknowns=case.unknowns,
            setup=setup + making,
            cold=seconds,
            iterations=case.iterations,
            flow=flow,
            pressure=pressure,
        )
        result.memory = peak()
        tell(result)
        if problem.moving:
            _run(result, case, solver, budget)
        result.memory = peak()
        tell(result)
        if direct:
            _difference(result, problem, mesh)
    return result


def _run(result: Measured, case: Case, solver: Direct | Iterative, budget: float) -> None:
    flows, pressures, iterations = [], [], []
    case.begin()
    start = time.perf_counter()
    while len(flows) < STEPS and time.perf_counter() - start < budget:
        case.move(STEP * len(flows), STEP * (len(flows) + 1))
        solver.solve(TOLERANCE["run"])
        case.keep()
        flows.append(case.flow_of("inlet"))
        pressures.append(case.far_pressure())
        iterations.append(case.iterations)
    result.run, result.steps = time.perf_counter() - start, len(flows)
    result.flow_run, result.pressure_run = flows, pressures
    result.iterations_run = float(np.mean(iterations))


def _difference(result: Measured, problem: Problem, mesh: Mesh) -> None:
    """Central difference in the viscosity: two solves for one number."""
    viscosity = float(problem.flow.viscosity)

    def readout(share: float) -> float:
        flow = replace(problem.flow, viscosity=viscosity * (1.0 + share))
        case = Case(problem, mesh, flow)
        case.move(0.0, STEP)
        Direct(case).solve(TOLERANCE["cold"])
        return case.far_pressure() if problem.moving else case.flow_of("inlet")

    (high, low), seconds = timed(lambda: (readout(STENCIL), readout(-STENCIL)))
    result.gradient, result.parameters, result.solves = seconds, 1, 2
    result.gradient_value = (high - low) / (2.0 * STENCIL * viscosity)
