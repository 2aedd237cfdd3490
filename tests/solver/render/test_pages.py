"""Pages that open without a server: whole, small, and alive in a real browser."""

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest

from meshes.errors import InputError
from solver import render, store
from solver.render import pages

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1200,800"),
    *("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"),
    *("--no-first-run", "--remote-debugging-port=0"),  # stays open until it is stopped
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",  # there is no network
)
PATIENCE = 120.0  # s, for a browser that draws without a graphics card
LISTEN = """<script>
const told = {errors: []};
const keep = words => told.errors.push(String(words));
window.addEventListener("error", event => keep(event.message));
window.addEventListener("unhandledrejection", event => keep(event.reason));
const said = console.error;
console.error = (...words) => { keep(words.join(" ")); said(...words); };
</script>"""
TRY = """<script>
const wait = seconds => new Promise(done => setTimeout(done, 1000 * seconds));
const plot = document.getElementById("glymphax");
const eye = () => Object.values(plot._fullLayout.scene._scene.getCamera().eye);
const shown = () => Array.from(plot.calcdata[0][0].trace.intensity).reduce((a, b) => a + b, 0);
async function tryIt() {
  while (!(plot._fullLayout && plot._fullLayout.scene && plot._fullLayout.scene._scene))
    await wait(0.2);
  await wait(1);
  told.kinds = plot.data.map(trace => trace.type);
  told.before = eye();
  const canvas = plot.querySelector("canvas");
  const box = canvas.getBoundingClientRect();
  const send = (kind, x, y, buttons) => canvas.dispatchEvent(new MouseEvent(kind, {
    bubbles: true, cancelable: true, view: window, button: 0, buttons,
    clientX: box.left + x * box.width, clientY: box.top + y * box.height}));
  send("mousedown", 0.5, 0.5, 1);
  for (let step = 1; step <= 10; step += 1) {
    send("mousemove", 0.5 + 0.03 * step, 0.5 + 0.01 * step, 1);
    await wait(0.1);
  }
  send("mouseup", 0.8, 0.6, 0);
  await wait(0.5);
  told.after = eye();
  told.late = shown();
  const still = {frame: {duration: 0, redraw: true}, transition: {duration: 0}, mode: "immediate"};
  await Plotly.animate(plot, ["0"], still);
  await wait(0.5);
  told.early = shown();
}
tryIt().catch(error => keep(error)).finally(() =>
  fetch("http://127.0.0.1:PORT", {method: "POST", mode: "no-cors", body: JSON.stringify(told)}));
</script>"""


class Outside(HTMLParser):
    """Collects what a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []

    def handle_starttag(self, tag, attrs):
        for key, value in attrs:
            if key in ("src", "href") and tag != "a" and not (value or "").startswith("data:"):
                self.fetched.append(f"{tag} {value}")


def fetched(path):
    parser = Outside()
    parser.feed(path.read_text(encoding="utf-8"))
    return parser.fetched


class Ear(HTTPServer):
    """Takes what the trial tells; the page itself is opened from its file."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.timeout = PATIENCE
        self.told: dict | None = None


class Answer(BaseHTTPRequestHandler):
    """One telling."""

    def do_POST(self):
        self.server.told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *words):
        """Keeps quiet."""


def in_browser(path):
    """What the trial in a real browser told; skips where there is none."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip("no browser on this machine")
    text = path.read_text(encoding="utf-8").replace("<head>", f"<head>{LISTEN}", 1)
    with Ear() as ear:
        trial = TRY.replace("PORT", str(ear.server_port))
        tried = path.with_name("tried.html")
        before, _, after = text.rpartition("</body>")
        tried.write_text(f"{before}{trial}</body>{after}", encoding="utf-8")
        profile = f"--user-data-dir={path.with_name('profile')}"
        command = [browser, *FLAGS, profile, tried.resolve().as_uri()]
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as running:
            ear.handle_request()
            running.terminate()
    assert ear.told is not None, f"the page told nothing in {PATIENCE:g} s"
    return ear.told


@pytest.fixture
def growing(run_folder, tube):
    """The run with a last field in which there is twice the tracer."""
    points, cells, region, fraction, path, *_ = tube
    data = {"fraction": fraction, "path": path, "concentration": 2 * np.exp(-path / 1e-4)}
    store.add_fields(run_folder, 70.0, points, cells, data, {"region": region})
    return run_folder


def test_the_scene_turns_and_plays_in_a_browser(growing, tmp_path):
    pytest.importorskip("plotly")
    told = in_browser(render.page(growing, tmp_path / "scene.html"))
    assert told["errors"] == []
    assert told["kinds"].count("mesh3d") == 4  # opening, wall, sheath, tissue
    assert {"cone", "scatter3d"} <= set(told["kinds"])
    before, after = np.array(told["before"]), np.array(told["after"])
    assert np.linalg.norm(after - before) > 0.2 * np.linalg.norm(before)
    assert np.linalg.norm(after) == pytest.approx(np.linalg.norm(before), rel=1e-3)
    assert told["late"] == pytest.approx(2 * told["early"], rel=1e-4)


def test_the_report_lives_in_a_browser(growing):
    pytest.importorskip("plotly")
    render.figures(growing)
    told = in_browser(render.report(growing))
    assert told["errors"] == []
    assert told["before"] != told["after"]


def test_a_page_fetches_nothing(run_folder, tmp_path):
    pytest.importorskip("plotly")
    path = render.page(run_folder, tmp_path / "deep" / "scene.html", theme="white")
    assert fetched(path) == []
    assert 3e6 < path.stat().st_size < 1e7  # plotly is inside


def test_a_report_says_everything_about_a_run(run_folder, monkeypatch):
    monkeypatch.setattr(pages, "find_spec", lambda name: None)
    summary = {"converged": True, "complete": True, "tracer_left_inlet_m3": -2.5e-14}
    store.save_summary(run_folder, summary | {"fluid_volume_imbalance": 1.5e-14})
    store.save_config(run_folder, {"wall": {"gain": 0.1, "note": "<b>"}})
    path = render.report(run_folder)
    text = path.read_text(encoding="utf-8")
    assert path == run_folder / "report.html" and fetched(path) == []
    titles = re.findall("<h2>(.*?)</h2>", text)
    assert titles == [
        *("The scene", "In numbers", "Signals", "Spectra", "Clearance"),
        *("Balances and solves", "Configuration"),
    ]
    for words in ("glymphax[page]", "1.5e-14", "25 pL in through inlet", "gain: 0.1", "&lt;b&gt;"):
        assert words in text
    assert text.count('src="data:image/png;base64,') == 2  # signals and spectra
    assert "<b>" not in text


def test_a_report_of_an_unfinished_run_says_so(tmp_path):
    folder = store.open_run(tmp_path / "run")
    store.save_signals(folder, {"time_s": np.arange(3.0), "mean_radius_m": np.ones(3)})
    text = render.report(folder).read_text(encoding="utf-8")
    assert "it is not finished" in text
    assert re.findall("<h2>(.*?)</h2>", text) == ["Signals"]
    store.save_summary(folder, {"converged": False})
    assert "believe none" in render.report(folder).read_text(encoding="utf-8")


def test_pictures_and_report_of_an_earlier_run_are_not_kept(run_folder):
    for name in (
        "figures/overview.png",
        "figures/clearance.gif",
        "report.html",
        "figures/mine.png",
    ):
        (run_folder / name).parent.mkdir(exist_ok=True)
        (run_folder / name).touch()
    store.open_run(run_folder)
    assert not (run_folder / "report.html").exists()
    assert [path.name for path in (run_folder / "figures").iterdir()] == ["mine.png"]


def test_without_plotly_a_page_says_what_to_install(run_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=re.escape("glymphax[page]")):
        render.page(run_folder, tmp_path / "scene.html")
