// The page: reads what is to be shown, loads it, and ties the controls to it.
import { Flat } from "./flat.js";
import { Frame } from "./frame.js";
import { watchGestures, Wipe } from "./gestures.js";
import { clock, fillKeys, icon } from "./labels.js";
import { Model } from "./model.js";
import { Sphere } from "./sphere.js";
import { loadTone } from "./tone.js";
import { openVideo, Videos } from "./video.js";
import { enterHeadset, headsetThere } from "./vr.js";

const byId = (id) => document.getElementById(id);
const config = JSON.parse(byId("config").textContent);
const [stage, canvas] = [byId("stage"), byId("canvas")];
const { before, after } = config;

// Everything live: strength 0..1, wipe 0..1 from the left, whether the picture before is held up.
const app = { config, strength: 1, hold: false, dirty: true, session: null, view: null, frame: null, videos: null };
const wipes = Boolean(before || config.tone);
const wipe = new Wipe(byId("wipe"), stage, () => redraw());

function redraw() {
  app.dirty = true;
}

function fail(error) {
  byId("message").textContent = error.message || String(error);
  byId("message").classList.add("failed");
  document.documentElement.dataset.state = "failed";
}

// ---- what is shown

async function openPicture({ url, name }) {
  const reply = await fetch(url);
  if (!reply.ok) throw new Error(`${name} could not be loaded`);
  const options = { premultiplyAlpha: "none" };
  const whole = await createImageBitmap(await reply.blob(), options).catch(() => {
    throw new Error(`${name} cannot be shown by this browser; PNG, JPEG and WebP can`);
  });
  const shrink = app.frame.largest / Math.max(whole.width, whole.height);
  if (shrink >= 1) return whole;
  const [resizeWidth, resizeHeight] = [whole.width, whole.height].map((side) => Math.floor(side * shrink));
  return createImageBitmap(whole, { ...options, resizeWidth, resizeHeight, resizeQuality: "high" });
}

async function openPictures() {
  app.frame = new Frame(canvas);
  const [first, last] = await Promise.all([before && openPicture(before), openPicture(after)]);
  if (first) app.frame.setPicture(0, first, true);
  app.frame.setPicture(1, last, true);
  app.size = [last.width, last.height];
}

async function openVideos() {
  app.frame = new Frame(canvas);
  const [first, last] = await Promise.all([before && openVideo(before), openVideo(after)]);
  app.videos = new Videos(first, last, redraw);
  app.size = [last.videoWidth, last.videoHeight];
  app.videos.show();
  wirePlayer(app.videos);
}

async function openModels(tone) {
  app.view = app.model = new Model(canvas);
  await app.model.load(before, after, tone);
  byId("light").hidden = false;
  byId("reset").textContent = "Reset view";
  byId("brightness").addEventListener("input", (event) => {
    app.model.brightness = Number(event.target.value);
    redraw();
  });
}

// A flat picture, or one that surrounds the viewer; "flat" or how the eyes share it.
function project(how) {
  app.view = how === "flat" ? new Flat(...app.size) : new Sphere(how, config.area);
  byId("projection").value = how;
  byId("actual").hidden = how !== "flat";
  byId("reset").textContent = how === "flat" ? "Fit" : "Reset view";
  headsetThere().then((there) => (byId("vr").hidden = !there || how === "flat"));
  resize();
}

// Whether offering 360 degrees makes sense: 2:1, or two of them side by side or one above the other.
function surroundsMaybe() {
  const ratio = app.size[0] / app.size[1];
  return config.projection !== "flat" || [1, 2, 4].some((usual) => Math.abs(ratio / usual - 1) < 0.01);
}

// ---- drawing

function resize() {
  const ratio = Math.min(globalThis.devicePixelRatio || 1, 2);
  const [width, height] = [stage.clientWidth, stage.clientHeight].map((side) => Math.max(1, Math.round(side * ratio)));
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  app.view?.resize(width, height);
  redraw();
}

function refresh() {
  if (!app.videos) return;
  app.ahead = app.videos.keepStep();
  if (!app.videos.takeFresh()) return;
  app.videos.both.forEach((video, i) => {
    const number = app.videos.both.length === 1 ? 1 : i;
    if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) app.frame.setPicture(number, video, false);
  });
}

function draw() {
  app.dirty = false;
  refresh();
  const split = !wipes ? 0 : app.hold ? canvas.width : wipe.value * canvas.width;
  const look = { strength: app.strength, split };
  if (app.model) app.model.draw(look);
  else app.frame.draw(app.view, look);
  stage.classList.toggle("turning", app.view.turns);
  stage.classList.toggle("wiping", !app.view.turns && wipes);
}

const calm = matchMedia("(prefers-reduced-motion: reduce)");
let last = 0;
function tick(now) {
  requestAnimationFrame(tick);
  const seconds = Math.min((now - last) / 1000, 0.1);
  last = now;
  if (app.session) return;
  if (app.model?.moving && !calm.matches) {
    app.model.advance(seconds);
    redraw();
  }
  if (app.videos?.playing) redraw();
  if (app.dirty) draw();
}

// ---- controls

function wirePlayer(videos) {
  byId("player").hidden = false;
  const [time, play, sound] = [byId("time"), byId("play"), byId("sound")];
  time.max = videos.length || 1;
  play.addEventListener("click", () => videos.toggle().catch(fail));
  time.addEventListener("input", () => videos.seek(Number(time.value)));
  sound.addEventListener("click", () => (videos.after.muted = !videos.after.muted));
  const show = () => {
    play.replaceChildren(icon(videos.playing ? "pause" : "play"));
    play.setAttribute("aria-label", videos.playing ? "Pause" : "Play");
    sound.replaceChildren(icon(videos.after.muted ? "silent" : "sound"));
    sound.setAttribute("aria-pressed", String(!videos.after.muted));
    time.value = videos.time;
    byId("clock").textContent = `${clock(videos.time)} / ${clock(videos.length)}`;
    time.setAttribute("aria-valuetext", `${clock(videos.time)} of ${clock(videos.length)}`);
  };
  for (const name of ["play", "pause", "timeupdate", "seeked", "volumechange"]) videos.after.addEventListener(name, show);
  show();
}

function wireTone(tone) {
  byId("tone").hidden = false;
  byId("tone-name").textContent = tone.name;
  byId("tone-name").title = `strength of ${tone.name}`;
  byId("notes").textContent = tone.notes.join(" · ");
  byId("notes").hidden = !tone.notes.length;
  byId("strength").addEventListener("input", (event) => setStrength(Number(event.target.value)));
  setStrength(1);
}

function setStrength(value) {
  app.strength = Math.min(Math.max(value, 0), 1);
  byId("strength").value = app.strength;
  byId("strength-value").textContent = `${Math.round(app.strength * 100)} %`;
  redraw();
}

function hold(held) {
  if (!wipes || app.hold === held) return;
  app.hold = held;
  byId("label-after").hidden = held;
  redraw();
}

const full = () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen());
const back = () => (app.view.reset(), redraw());
const actual = () => app.view.actual && (app.view.actual(), redraw());

async function enterVr() {
  const ended = () => {
    app.session = null;
    resize();
  };
  const live = { refresh, strength: () => app.strength, wipes, ended };
  app.session = await enterHeadset(app.frame, app.view, live);
}

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
  const field = event.target.matches?.("input, select, button");
  const { videos } = app;
  const actions = {
    0: back, 1: actual, f: full, b: () => hold(true), "?": () => byId("help").showModal(),
    "+": () => (app.view.zoom(1.25), redraw()), "=": () => (app.view.zoom(1.25), redraw()),
    "-": () => (app.view.zoom(0.8), redraw()),
    "[": () => wipes && wipe.set(wipe.value - 0.02), "]": () => wipes && wipe.set(wipe.value + 0.02),
    ...(videos && { m: () => (videos.after.muted = !videos.after.muted), ",": () => step(-1), ".": () => step(1) }),
    ...(videos && !field && { " ": () => videos.toggle().catch(fail) }),
  };
  const action = actions[event.key];
  if (action) action();
  else if (field || !arrow(event.key)) return;
  event.preventDefault();
}

function step(frames) {
  app.videos.pause();
  app.videos.seek(app.videos.time + frames / 30);
}

function arrow(key) {
  if (app.view.key(key)) return redraw(), true;
  const move = { ArrowLeft: -0.02, ArrowRight: 0.02 }[key];
  if (move && wipes) wipe.set(wipe.value + move);
  return Boolean(move && wipes);
}

function wire() {
  watchGestures(stage, canvas, {
    press: (left) => !app.view.turns && wipes && wipe.set(left / canvas.width),
    drag: (x, y, left, fingers) => {
      if (app.view.turns) app.view.drag(x, y, fingers);
      else if (wipes && fingers === 1) wipe.set(left / canvas.width);
      redraw();
    },
    zoom: (factor, x, y) => (app.view.zoom(factor, x, y), redraw()),
  });
  addEventListener("keydown", press);
  addEventListener("keyup", (event) => event.key === "b" && hold(false));
  addEventListener("blur", () => hold(false));
  canvas.addEventListener("dblclick", back);
  canvas.addEventListener("webglcontextlost", () => fail(new Error("the graphics card lost this page; load it again")));
  byId("help-open").addEventListener("click", () => byId("help").showModal());
  byId("reset").addEventListener("click", back);
  byId("actual").addEventListener("click", actual);
  byId("full").hidden = !document.fullscreenEnabled;
  byId("full").addEventListener("click", full);
  byId("vr").addEventListener("click", () => enterVr().catch((error) => alert(error.message)));
  byId("projection").addEventListener("change", (event) => project(event.target.value));
  new ResizeObserver(resize).observe(stage);
}

function label(tone) {
  if (!wipes) return;
  for (const id of ["label-before", "label-after"]) byId(id).hidden = false;
  if (tone) byId("label-after").textContent = tone.name;
  wipe.show();
}

async function start() {
  const tone = await loadTone(config.tone);
  if (config.kind === "model") await openModels(tone);
  else {
    await (config.kind === "video" ? openVideos() : openPictures());
    if (tone) app.frame.setTone(tone);
    byId("shape").hidden = !surroundsMaybe();
    byId("facts").textContent = `${app.size[0]} × ${app.size[1]}`;
    project(config.projection);
  }
  wire();
  if (tone) wireTone(tone);
  label(tone);
  fillKeys(byId("keys"), { wipes, kind: config.kind });
  byId("bar").hidden = false;
  resize();
  draw();
  byId("message").textContent = "";
  requestAnimationFrame(tick);
  document.documentElement.dataset.state = "ready";
}

Object.assign(app, { draw, wipe, setStrength, canvas });
globalThis.pinxit = app;
start().catch(fail);
