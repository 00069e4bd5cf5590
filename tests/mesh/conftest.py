"""Fixtures of the mesh lab, which needs root.

lab          two sites without cygnet, for the tests of the lab itself; one for each test module
mesh         three sites that `cygnet bootstrap` was run on at the same time, and all tunnels up;
             one for each test module
whole_again  ends a test of `mesh` when its hosts reach each other
fresh        a function: fresh(sites=…) makes a mesh whose gateways have only booted, ended with
             the test

A test fails as well if the stand-in for systemd was asked for something it cannot do. When a test fails, the
logs of the gateways' units are shown.
"""

import pytest
from checks import eventually
from mesh import THREE_REGIONS, Mesh, running

LOG_LINES = 20


@pytest.fixture(scope="session", autouse=True)
def _private(scratch):
    """What tests make by hand is private, too."""


@pytest.fixture(scope="module")
def lab():
    with Mesh(THREE_REGIONS[:2], cygnet=None) as made:
        yield made


@pytest.fixture(scope="module")
def mesh():
    with running(Mesh()) as made:
        yield made


@pytest.fixture
def whole_again(mesh):
    """The next test finds the mesh up."""
    yield
    eventually(mesh.is_whole, 60)


@pytest.fixture
def fresh(request):
    """Makes a mesh; the module's own, if one stands, would be in its way."""
    made = []

    def make(sites=THREE_REGIONS[:2], **options):
        made.append(Mesh(sites, **options))
        request.node.meshes = made
        return made[-1]
    yield make
    for mesh in made:
        mesh.close()


def _meshes(item):
    return [item.funcargs[name] for name in ("lab", "mesh") if name in item.funcargs] + getattr(item, "meshes", [])


@pytest.fixture(autouse=True)
def _honest_fakes(request):
    """What systemd would do or refuse, and the stand-in cannot, fails the test that asked for it; so do faults of the
    fake AWS's own."""
    yield
    for mesh in _meshes(request.node):
        assert mesh.world.crashes == []
        for machine in mesh.machines:
            assert machine.take_complaints() == [], f"the stand-in of {machine.name} was asked too much"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for mesh in _meshes(item):
            for machine in mesh.machines:
                report.sections += [(f"{machine.name} {unit}", text) for unit, text in machine.logs(LOG_LINES)]
