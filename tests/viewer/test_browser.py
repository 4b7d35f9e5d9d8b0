"""The page in a real browser: what its shaders draw, and what its controls do. Needs Chromium and playwright."""

import shutil
import threading
from contextlib import contextmanager

import numpy as np
import pytest
from shown_files import colours, glb, png, strong_lut, style

from pinxit.viewer.media import open_media
from pinxit.viewer.page import View, page_contents
from pinxit.viewer.saving import save_file
from pinxit.viewer.server import Server

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = """
    --no-sandbox --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync
    --use-gl=angle --use-angle=swiftshader --enable-unsafe-swiftshader --ignore-gpu-blocklist
    --autoplay-policy=no-user-gesture-required
"""
READ = """([x, y, width, height]) => {
  pinxit.draw();
  const gl = pinxit.canvas.getContext("webgl2");
  const found = new Uint8Array(4 * width * height);
  gl.readPixels(x, pinxit.canvas.height - y - height, width, height, gl.RGBA, gl.UNSIGNED_BYTE, found);
  return Array.from(found);
}"""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here; install it with: apt-get install chromium")


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright here; pip install playwright")
    with playwright.sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield launched
        launched.close()


class Opened:
    """A page with what it said and asked for."""

    def __init__(self, browser, url: str, *, script: str = "", **context) -> None:
        context = {"viewport": {"width": 400, "height": 300}, **context}
        self.context = browser.new_context(**context)
        self.page = self.context.new_page()
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        if script:
            self.page.add_init_script(script)
        self.page.goto(url)
        self.page.wait_for_selector("html[data-state]", state="attached", timeout=90_000)
        self.state = self.run("document.documentElement.dataset.state")

    def run(self, code: str, argument: object = None):
        return self.page.evaluate(code, argument)

    def pixels(self, x: int, y: int, width: int, height: int) -> np.ndarray:
        """What is drawn there now, (height, width, 3) int."""
        found = np.array(self.run(READ, [x, y, width, height])).reshape(height, width, 4)
        return found[::-1, :, :3]

    def middle(self, side: int = 20) -> np.ndarray:
        """A square in the middle, (side, side, 3)."""
        width, height = self.run("[pinxit.canvas.width, pinxit.canvas.height]")
        return self.pixels((width - side) // 2, (height - side) // 2, side, side)

    def at(self, across: float, down: float = 0.5) -> np.ndarray:
        """One pixel, its place as shares of the canvas."""
        width, height = self.run("[pinxit.canvas.width, pinxit.canvas.height]")
        return self.pixels(int(across * (width - 1)), int(down * (height - 1)), 1, 1)[0, 0]


@pytest.fixture
def opened(browser):
    """Opens views, and checks at the end that nothing was said and nothing asked of others."""
    pages = []

    @contextmanager
    def opening(view: View, **context):
        with Server(page_contents(view)) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.05,))
            thread.start()
            try:
                found = Opened(browser, server.url, **context)
                assert found.state == "ready", found.page.inner_text("#message")
                pages.append(found)
                yield found
                assert not [line for line in found.said if "GPU stall" not in line], found.said
                assert all(url.startswith((server.url, "blob:", "data:")) for url in found.asked), found.asked
            finally:
                for page in pages:
                    page.context.close()
                server.shutdown()
                thread.join()

    return opening


def toned(array: np.ndarray, strength: float) -> np.ndarray:
    return strong_lut().apply(array.astype(np.uint8), strength).astype(int)


def actual_size(page: Opened, height: int = 48, width: int = 64) -> np.ndarray:
    """The picture drawn pixel by pixel, whatever the canvas' size."""
    page.run("pinxit.view.actual()")
    left, top, *_ = page.run("pinxit.view.place")
    return page.pixels(int(left), int(top), width, height)


class TestPicture:
    def test_tone_is_the_table(self, opened, tmp_path):
        view = View(open_media(png(tmp_path / "x.png", colours())), style=style(), style_name="strong")
        with opened(view) as page:
            page.run("pinxit.wipe.set(0)")
            for strength in (1, 0.5, 0):
                page.run("(strength) => pinxit.setStrength(strength)", strength)
                wanted = toned(colours(), strength)
                assert np.abs(actual_size(page) - wanted).max() <= (0 if strength == 0 else 1)
            page.run("pinxit.setStrength(1)")
            page.run("pinxit.wipe.set(0.5)")
            half = np.concatenate([colours()[:, :32], toned(colours(), 1)[:, 32:]], 1)
            assert np.abs(actual_size(page) - half).max() <= 1

    def test_wipe_and_keys(self, opened, tmp_path):
        before, after = (np.full((30, 40, 3), value, np.uint8) for value in (40, 200))
        view = View(open_media(png(tmp_path / "x.png", after)), open_media(png(tmp_path / "y.png", before)))
        with opened(view) as page:
            assert [page.at(x)[0] for x in (0.3, 0.7)] == [40, 200]
            box = page.page.locator("#wipe").bounding_box()
            middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            page.page.mouse.move(*middle)
            page.page.mouse.down()
            page.page.mouse.move(middle[0] + 120, middle[1] + 5)
            page.page.mouse.up()
            assert page.run("pinxit.wipe.value") == pytest.approx(0.8, abs=0.01)
            assert [page.at(x)[0] for x in (0.7, 0.85)] == [40, 200]
            page.page.keyboard.press("Home")
            assert page.at(0.2)[0] == 200 and page.page.get_attribute("#wipe", "aria-valuenow") == "0"
            page.page.keyboard.press("ArrowRight")
            assert page.page.get_attribute("#wipe", "aria-valuenow") == "2"
            page.page.mouse.click(40, 150)  # on the picture itself
            assert page.run("pinxit.wipe.value") == pytest.approx(0.1, abs=0.01)
            page.page.keyboard.down("b")
            assert page.at(0.7)[0] == 40
            page.page.keyboard.up("b")
            assert page.at(0.7)[0] == 200

    def test_nearer_and_moved(self, opened, tmp_path):
        array = np.zeros((30, 40, 3), np.uint8)
        array[:, 20:] = 255
        with opened(View(open_media(png(tmp_path / "x.png", array)))) as page:
            assert page.page.is_hidden("#wipe") and page.at(0.7)[0] == 255
            fitted = page.run("pinxit.view.scale")
            page.page.mouse.move(200, 150)
            page.page.mouse.wheel(0, -600)
            assert page.run("pinxit.view.scale") > 2 * fitted
            page.page.mouse.down()
            page.page.mouse.move(390, 150, steps=3)
            page.page.mouse.up()
            assert page.at(0.7)[0] == 0
            page.page.keyboard.press("0")
            assert page.run("pinxit.view.scale") == fitted

    def test_what_cannot_be_shown_says_so(self, browser, tmp_path):
        data = png(tmp_path / "x.png", colours()).read_bytes()
        media = open_media(tmp_path / "x.png")
        (tmp_path / "x.png").write_bytes(data[:60])
        with Server(page_contents(View(media))) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.05,))
            thread.start()
            page = Opened(browser, server.url)
            assert page.state == "failed" and "x.png cannot be shown" in page.page.inner_text("#message")
            page.context.close()
            server.shutdown()
            thread.join()


def striped(columns: int = 8) -> np.ndarray:
    """A panorama 512 x 256 of upright stripes, its top and bottom rows in colours of their own."""
    shades = np.linspace(30, 240, columns).astype(np.uint8)
    array = np.repeat(np.repeat(shades[None, :, None], 512 // columns, 1), 3, 2).repeat(256, 0)
    array[:40], array[-40:] = (0, 0, 250), (0, 250, 0)
    return array


def stripe(longitude: float, columns: int = 8) -> int:
    """The shade of the stripe in a direction, in turns from straight ahead to the right."""
    return int(np.linspace(30, 240, columns).astype(np.uint8)[int((0.5 + longitude) % 1 * columns)])


class TestPanorama:
    def test_directions(self, opened, tmp_path):
        with opened(View(open_media(png(tmp_path / "x.png", striped())), projection="mono")) as page:
            for longitude in (0.0625, 0.19, -0.19, 0.31, -0.44, 0.44):
                page.run("(yaw) => { pinxit.view.reset(); pinxit.view.look(yaw, 0) }", -longitude * 2 * np.pi)
                assert page.at(0.5)[0] == pytest.approx(stripe(longitude), abs=2), longitude
            page.run("pinxit.view.look(0, 1.5)")
            assert page.at(0.5).tolist() == [0, 0, 250]
            page.run("pinxit.view.look(0, -3)")
            assert page.at(0.5).tolist() == [0, 250, 0]

    def test_no_seam_behind(self, opened, tmp_path):
        plain = np.full((256, 512, 3), 130, np.uint8)
        with opened(View(open_media(png(tmp_path / "x.png", plain)), projection="mono")) as page:
            page.run("pinxit.view.look(Math.PI, 0.1)")
            assert (page.pixels(0, 40, 400, 1) == 130).all()

    def test_drags_keys_and_wheel(self, opened, tmp_path):
        with opened(View(open_media(png(tmp_path / "x.png", striped())), projection="mono")) as page:
            height = page.run("pinxit.canvas.height")
            page.page.mouse.move(200, 120)
            page.page.mouse.down()
            page.page.mouse.move(100, 120, steps=4)
            page.page.mouse.up()
            field = 75 * np.pi / 180
            assert page.run("pinxit.view.yaw") == pytest.approx(-100 / height * field, rel=0.01)
            page.page.keyboard.press("ArrowUp")
            assert page.run("pinxit.view.pitch") == pytest.approx(0.1)
            page.page.mouse.wheel(0, -300)
            assert page.run("pinxit.view.field") < 60
            page.page.select_option("#projection", "flat")
            assert page.run("pinxit.view.sphere") is False

    def test_part_of_a_sphere(self, opened, tmp_path):
        half = np.full((100, 200, 3), 200, np.uint8)
        view = View(open_media(png(tmp_path / "x.png", half)), projection="mono", area=(0.25, 0.25, 0.5, 0.5))
        with opened(view) as page:
            assert page.at(0.5)[0] == 200
            page.run("pinxit.view.look(Math.PI, 0)")
            assert page.at(0.5)[0] < 20

    @pytest.mark.parametrize(("stereo", "axis"), [("top-bottom", 0), ("side-by-side", 1)])
    def test_left_eye_on_a_screen_both_in_a_headset(self, opened, tmp_path, stereo, axis):
        both = np.concatenate([np.full((64, 128, 3), 60, np.uint8), np.full((64, 128, 3), 180, np.uint8)], axis)
        view = View(open_media(png(tmp_path / "x.png", both)), style=style(), style_name="strong", projection=stereo)
        with opened(view, script=HEADSET) as page:
            page.run("pinxit.setStrength(0)")
            for yaw in (0, 1.5, 3.1):
                page.run("(yaw) => { pinxit.view.reset(); pinxit.view.look(yaw, 0.2) }", yaw)
                assert (page.pixels(0, 100, 400, 1) == 60).all()
            page.page.click("#vr")
            assert page.run("headset.eyes()") == [[60] * 3, [180] * 3]
            page.run("pinxit.setStrength(1)")
            grey = np.array([[[60] * 3, [180] * 3]], np.uint8)
            assert np.abs(np.array(page.run("headset.eyes()")) - toned(grey, 1)[0]).max() <= 1
            page.run("headset.session.dispatchEvent(new Event('select'))")  # the trigger: before
            assert page.run("headset.eyes()") == [[60] * 3, [180] * 3]
            page.run("headset.session.dispatchEvent(new Event('end'))")
            assert page.run("pinxit.session") is None


HEADSET = """
// Stands for a headset: two eyes side by side on the canvas, frames when asked for.
class FakeSession extends EventTarget {
  updateRenderState(state) { this.renderState = state; }
  async requestReferenceSpace() { return {}; }
  requestAnimationFrame(next) { this.next = next; }
}
globalThis.XRWebGLLayer = class {
  constructor(session, gl) { Object.assign(this, { framebuffer: null, gl }); }
  getViewport(view) {
    const [width, height] = [this.gl.canvas.width / 2, this.gl.canvas.height];
    return { x: view.eye === "left" ? 0 : width, y: 0, width, height };
  }
};
WebGL2RenderingContext.prototype.makeXRCompatible = async () => {};
globalThis.headset = { session: new FakeSession() };
headset.eyes = () => {
  const still = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  const projection = [1.1, 0, 0, 0, 0, 1, 0, 0, -0.1, 0.05, -1, -1, 0, 0, -0.2, 0];
  const views = ["left", "right"].map((eye) => ({ eye, projectionMatrix: projection, transform: { matrix: still } }));
  headset.session.next(0, { getViewerPose: () => ({ views }) });
  const { gl } = pinxit.frame;
  return [0.25, 0.75].map((across) => {
    const found = new Uint8Array(4);
    gl.readPixels(gl.canvas.width * across, gl.canvas.height / 2, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, found);
    return Array.from(found.slice(0, 3));
  });
};
Object.defineProperty(navigator, "xr", {
  value: { isSessionSupported: async () => true, requestSession: async () => headset.session },
});
"""


def clip(path, shades, size=(64, 48)):
    """A video of one grey a frame, 10 frames a second."""
    av = pytest.importorskip("av", reason="PyAV makes the clip")
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libvpx", rate=10)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.options = {"crf": "4", "b": "2M", "deadline": "realtime", "g": "10"}
        for shade in shades:
            frame = av.VideoFrame.from_ndarray(np.full((size[1], size[0], 3), shade, np.uint8), format="rgb24")
            for packet in stream.encode(frame):
                file.mux(packet)
        for packet in stream.encode(None):
            file.mux(packet)
    return path


SHOW = """(time) => new Promise((done) => {
  const { videos } = pinxit;
  let open = videos.both.length;
  const seen = () => --open || setTimeout(done, 50);
  for (const video of videos.both) video.addEventListener("seeked", seen, { once: true });
  videos.seek(time);
})"""


class TestVideo:
    def test_in_step(self, opened, tmp_path):
        shades = np.arange(20, 220, 10)
        before, after = clip(tmp_path / "x.webm", shades), clip(tmp_path / "y.webm", 255 - shades)
        with opened(View(open_media(after), open_media(before))) as page:
            for number in (3, 17, 9):
                page.run(SHOW, number / 10 + 0.05)
                seen = [page.at(x)[1] for x in (0.3, 0.7)]
                assert seen == pytest.approx([shades[number], 255 - shades[number]], abs=6)
            page.page.keyboard.press(" ")
            page.page.wait_for_timeout(600)
            assert page.page.get_attribute("#play", "aria-label") == "Pause"
            apart = page.run("Math.abs(pinxit.videos.before.currentTime - pinxit.videos.after.currentTime)")
            page.page.keyboard.press(" ")
            page.page.wait_for_timeout(200)
            assert apart < 0.5 and page.run("pinxit.videos.before.paused && pinxit.videos.after.paused")
            assert page.run("pinxit.videos.before.currentTime === pinxit.videos.after.currentTime")

    def test_tone_is_the_table(self, opened, tmp_path):
        view = View(open_media(clip(tmp_path / "x.webm", [90, 150])), style=style(), style_name="strong")
        with opened(view) as page:
            page.run("pinxit.wipe.set(0)")
            page.run("pinxit.setStrength(0)")
            plain = page.middle()
            assert plain.mean() == pytest.approx(90, abs=4)
            for strength in (1, 0.5):
                page.run("(strength) => pinxit.setStrength(strength)", strength)
                assert np.abs(page.middle() - toned(plain, strength)).max() <= 1


class TestModel:
    def test_tone_of_textures(self, opened, tmp_path):
        shade = np.full((8, 8, 3), (200, 120, 60), np.uint8)
        media = open_media(glb(tmp_path / "x.glb", shade))
        with opened(View(media, style=style(), style_name="strong")) as page:
            assert np.abs(page.at(0.48) - shade[0, 0]).max() <= 1  # left of the wipe
            for strength in (1, 0.5, 0):
                page.run("(strength) => pinxit.setStrength(strength)", strength)
                assert np.abs(page.at(0.52) - toned(shade[:1, :1], strength)[0, 0]).max() <= 2
            assert not page.at(0.01).any()
            page.page.mouse.move(300, 120)
            page.page.mouse.down()
            page.page.mouse.move(360, 140, steps=3)
            page.page.mouse.up()
            assert page.run("[pinxit.view.yaw < 0.55, pinxit.view.pitch > 0.3]") == [True, True]

    def test_before_and_after(self, opened, tmp_path):
        before, after = (glb(tmp_path / f"{name}.glb", np.full((8, 8, 3), value, np.uint8)) for name, value in
                         (("a", 50), ("b", 210)))  # fmt: skip
        with opened(View(open_media(after), open_media(before))) as page:
            assert [page.at(x)[0] for x in (0.48, 0.52)] == pytest.approx([50, 210], abs=1)

    def test_plain_colours_are_toned_too(self, opened, tmp_path):
        media = open_media(glb(tmp_path / "x.glb", colour=(0.5, 0.2, 0.1)))
        coded = np.array([0.5, 0.2, 0.1]) ** (1 / 2.4) * 1.055 - 0.055
        wanted = toned(np.rint(coded * 255)[None, None], 1)[0, 0]
        with opened(View(media, style=style(), style_name="strong")) as page:
            assert np.abs(page.at(0.52) - wanted).max() <= 2

    def test_light(self, opened, tmp_path):
        media = open_media(glb(tmp_path / "x.glb", colour=(0.3, 0.3, 0.3), lit=True))
        with opened(View(media, style=style(), style_name="strong")) as page:
            usual = page.at(0.52).mean()
            page.page.locator("#brightness").fill("2")
            assert 20 < usual < page.at(0.52).mean() - 20
            page.page.locator("#brightness").fill("0")
            assert page.at(0.52).max() <= 2  # the table lifts blacks, and what does not shine stays dark

    def test_damaged_model_says_so(self, browser, tmp_path):
        path = glb(tmp_path / "x.glb", accessors=[])
        with Server(page_contents(View(open_media(path)))) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.05,))
            thread.start()
            page = Opened(browser, server.url)
            assert page.state == "failed" and "x.glb cannot be shown" in page.page.inner_text("#message")
            page.context.close()
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("kind", ["picture", "model"])
def test_one_file_opens_without_a_server(browser, tmp_path, kind):
    shade = np.full((16, 16, 3), (200, 120, 60), np.uint8)
    path = png(tmp_path / "x.png", shade) if kind == "picture" else glb(tmp_path / "x.glb", shade)
    view = View(open_media(path), style=style(), style_name="strong")
    page = Opened(browser, save_file(view, tmp_path / "page.html").as_uri())
    assert page.state == "ready", page.page.inner_text("#message")
    assert np.abs(page.at(0.6) - toned(shade[:1, :1], 1)[0, 0]).max() <= 2
    assert not [line for line in page.said if "GPU stall" not in line]
    page.context.close()


def test_fits_a_phone(opened, tmp_path):
    view = View(open_media(png(tmp_path / "x.png", colours(32, 64))), style=style(), style_name="a rather long name")
    phone = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True}
    with opened(view, **phone) as page:
        assert page.run("document.documentElement.scrollWidth") <= 320
        for name in ("#strength", "#reset", "#projection", "#wipe span"):
            box = page.page.locator(name).bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= 320 and box["y"] + box["height"] <= 640
        page.page.touchscreen.tap(80, 250)
        assert page.run("pinxit.wipe.value") == pytest.approx(0.25, abs=0.02)
