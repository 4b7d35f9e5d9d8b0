// Where a flat picture lies on the canvas: fitted, or moved and enlarged by the user. Everything in canvas pixels.
const MOST = 32; // canvas pixels per pixel of the picture

export class Flat {
  sphere = false;

  constructor(width, height) {
    this.picture = [width, height];
    this.canvas = [1, 1];
    this.reset();
  }

  // Whether the picture is larger than what is seen of it, so that dragging moves it.
  get turns() {
    return this.scale > this.fitting * 1.001;
  }

  get fitting() {
    return Math.min(this.canvas[0] / this.picture[0], this.canvas[1] / this.picture[1]);
  }

  get place() {
    const size = this.picture.map((side) => side * this.scale);
    const corner = this.canvas.map((side, i) => side / 2 + this.middle[i] - size[i] / 2);
    // Whole pixels where the picture's pixels are the screen's, so that none is smeared over two.
    const exact = Number.isInteger(this.scale) ? corner.map(Math.round) : corner;
    return [...exact, ...size];
  }

  reset() {
    this.scale = this.fitting;
    this.middle = [0, 0];
  }

  resize(width, height) {
    const fitted = !this.turns;
    this.canvas = [width, height];
    if (fitted) this.reset();
    this.settle();
  }

  drag(x, y) {
    this.middle = [this.middle[0] + x, this.middle[1] + y];
    this.settle();
  }

  // Enlarge around a point of the canvas.
  zoom(factor, x = this.canvas[0] / 2, y = this.canvas[1] / 2) {
    this.enlarge(this.scale * factor, x, y);
  }

  actual() {
    this.enlarge(1, this.canvas[0] / 2, this.canvas[1] / 2);
  }

  enlarge(wanted, x, y) {
    const scale = Math.min(Math.max(wanted, Math.min(this.fitting, 1)), Math.max(MOST, this.fitting));
    const point = [x - this.canvas[0] / 2, y - this.canvas[1] / 2];
    this.middle = this.middle.map((middle, i) => point[i] + ((middle - point[i]) * scale) / this.scale);
    this.scale = scale;
    this.settle();
  }

  // No empty border beside a picture that is larger than the canvas, and a smaller one in the middle.
  settle() {
    this.middle = this.middle.map((middle, i) => {
      const room = Math.max(0, (this.picture[i] * this.scale - this.canvas[i]) / 2);
      return Math.min(Math.max(middle, -room), room);
    });
  }

  key(name) {
    const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[name];
    if (!step || !this.turns) return false;
    this.drag(...step);
    return true;
  }
}
