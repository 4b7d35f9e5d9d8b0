// A camera in the middle of a sphere on which the picture lies (equirectangular), one eye or two.
const NARROWEST = 20, WIDEST = 110, USUAL = 75; // degrees up and down
const EYES = {
  mono: [[0, 0, 1, 1], [0, 0, 1, 1]],
  "top-bottom": [[0, 0, 1, 0.5], [0, 0.5, 1, 0.5]],
  "side-by-side": [[0, 0, 0.5, 1], [0.5, 0, 0.5, 1]],
};

export class Sphere {
  sphere = true;
  turns = true;

  constructor(stereo = "mono", area = [0, 0, 1, 1]) {
    this.eyes = EYES[stereo];
    this.area = area;
    this.canvas = [1, 1];
    this.reset();
  }

  reset() {
    this.yaw = 0;
    this.pitch = 0;
    this.field = USUAL;
  }

  resize(width, height) {
    this.canvas = [width, height];
  }

  get eye() {
    return this.eyes[0];
  }

  // See the shader's lens: a camera that looks along -z.
  get lens() {
    const up = Math.tan((this.field * Math.PI) / 360);
    return [(up * this.canvas[0]) / this.canvas[1], up, 0, 0];
  }

  // Pitch first, then yaw; column by column.
  get turn() {
    const [cy, sy, cp, sp] = [Math.cos(this.yaw), Math.sin(this.yaw), Math.cos(this.pitch), Math.sin(this.pitch)];
    return [cy, 0, -sy, sy * sp, cp, cy * sp, sy * cp, -sp, cy * cp];
  }

  // A drag by so many canvas pixels takes the scene along.
  drag(x, y) {
    const step = (this.field * Math.PI) / 180 / this.canvas[1];
    this.look(x * step, y * step);
  }

  look(yaw, pitch) {
    this.yaw = (this.yaw + yaw) % (2 * Math.PI);
    this.pitch = Math.min(Math.max(this.pitch + pitch, -Math.PI / 2), Math.PI / 2);
  }

  zoom(factor) {
    this.field = Math.min(Math.max(this.field / factor, NARROWEST), WIDEST);
  }

  key(name) {
    const step = { ArrowLeft: [0.1, 0], ArrowRight: [-0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] }[name];
    if (step) this.look(...step);
    return Boolean(step);
  }
}
