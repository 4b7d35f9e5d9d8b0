// Drags, pinches and the wheel on the stage, in canvas pixels.

// Calls actions.drag(x, y, left) with steps and the place from the left, and actions.zoom(factor, x, y).
export function watchGestures(stage, canvas, actions) {
  const fingers = new Map();
  const ratio = () => canvas.width / Math.max(canvas.clientWidth, 1);
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * ratio(), (event.clientY - box.top) * ratio()];
  };
  const middle = () => {
    const all = [...fingers.values()];
    return [0, 1].map((i) => all.reduce((sum, at) => sum + at[i], 0) / all.length);
  };
  const spread = () => {
    const [a, b] = [...fingers.values()];
    return b ? Math.max(1, Math.hypot(a[0] - b[0], a[1] - b[1])) : 0;
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, point(event));
    stage.classList.add("held");
    actions.press?.(point(event)[0]);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    const [from, width] = [middle(), spread()];
    fingers.set(event.pointerId, point(event));
    const to = middle();
    if (width) actions.zoom(spread() / width, ...to);
    actions.drag(to[0] - from[0], to[1] - from[1], to[0], fingers.size);
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    canvas.addEventListener(end, (event) => {
      fingers.delete(event.pointerId);
      stage.classList.toggle("held", fingers.size > 0);
    });
  }
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    actions.zoom(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0016)), ...point(event));
  }, { passive: false });
}

// The handle between before and after, as a slider 0..1 for pointer and keys.
export class Wipe {
  constructor(handle, stage, changed) {
    Object.assign(this, { handle, stage, changed, value: 0.5, held: false });
    handle.addEventListener("pointerdown", (event) => {
      handle.setPointerCapture(event.pointerId);
      this.held = true;
      event.preventDefault();
      handle.focus({ preventScroll: true });
    });
    handle.addEventListener("pointermove", (event) => {
      if (!this.held) return;
      const box = stage.getBoundingClientRect();
      this.set((event.clientX - box.left) / box.width);
    });
    for (const end of ["pointerup", "pointercancel"]) handle.addEventListener(end, () => (this.held = false));
    handle.addEventListener("keydown", (event) => {
      const step = event.shiftKey ? 0.1 : 0.02;
      const to = {
        ArrowLeft: this.value - step, ArrowDown: this.value - step, ArrowRight: this.value + step,
        ArrowUp: this.value + step, PageDown: this.value - 0.1, PageUp: this.value + 0.1, Home: 0, End: 1,
      }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      this.set(to);
    });
  }

  show() {
    this.handle.hidden = false;
    this.set(this.value);
  }

  set(value) {
    this.value = Math.min(Math.max(value, 0), 1);
    const percent = Math.round(this.value * 100);
    this.handle.style.left = `${this.value * 100}%`;
    this.handle.setAttribute("aria-valuenow", percent);
    this.handle.setAttribute("aria-valuetext", `${percent} % before, ${100 - percent} % after`);
    this.changed(this.value);
  }
}
