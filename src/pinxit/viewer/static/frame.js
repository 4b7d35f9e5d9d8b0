// One shader for pictures and videos, flat or on a sphere: wipe, tone and projection for every pixel of the screen.
import { TONE_GLSL } from "./tone.js";

const VERTEX = `#version 300 es
void main() {
  gl_Position = vec4(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0, 0.0, 1.0);
}`;

const FRAGMENT = `#version 300 es
precision highp float;
precision highp int;
uniform sampler2D before, after;
uniform vec4 viewport;   // of the target: left, bottom, width, height in pixels
uniform float split;     // pixels from the left; what lies left of it shows the picture before
uniform bool sphere;
uniform vec4 place;      // flat: left, top, width, height of the picture in pixels
uniform vec4 lens;       // sphere: slopes of the camera's rays at the right and upper edge, and those of the middle
uniform mat3 turn;       //         from rays of the camera to rays of the world
uniform vec4 eye;        //         the part of the picture that this eye sees: left, top, width, height, 0..1
uniform vec4 area;       //         the part of the whole sphere that the picture covers, likewise
out vec4 result;
${TONE_GLSL}
const float PI = 3.14159265358979;
const vec3 BEYOND = vec3(0.03);

vec4 pictured(sampler2D picture, vec2 at, vec2 across, vec2 down) {
  if (sphere && (eye.z < 1.0 || eye.w < 1.0 || area.z < 1.0)) {
    vec2 edge = max(0.5 / vec2(textureSize(picture, 0)), max(abs(across), abs(down)));
    at = clamp(at, eye.xy + edge, eye.xy + eye.zw - edge);
  }
  return textureGrad(picture, at, across, down);
}

void main() {
  vec2 point = gl_FragCoord.xy - viewport.xy;
  vec2 at, across, down;
  if (sphere) {
    vec3 ray = normalize(turn * vec3((point / viewport.zw * 2.0 - 1.0) * lens.xy + lens.zw, -1.0));
    at = vec2(0.5 + atan(ray.x, -ray.z) / (2.0 * PI), 0.5 - asin(clamp(ray.y, -1.0, 1.0)) / PI);
    across = dFdx(at);
    down = dFdy(at);
    across.x -= round(across.x);  // behind the back, longitude jumps by a whole turn
    down.x -= round(down.x);
    at = (at - area.xy) / area.zw;
    across /= area.zw;
    down /= area.zw;
  } else {
    at = (vec2(point.x, viewport.w - point.y) - place.xy) / place.zw;
    across = vec2(1.0, 0.0) / place.zw;
    down = vec2(0.0, -1.0) / place.zw;
  }
  if (any(lessThan(at, vec2(0.0))) || any(greaterThan(at, vec2(1.0)))) {
    result = sphere ? vec4(BEYOND, 1.0) : vec4(0.0);
    return;
  }
  if (sphere) {
    at = eye.xy + at * eye.zw;
    across *= eye.zw;
    down *= eye.zw;
  }
  vec4 colour;
  if (point.x < split) {
    colour = pictured(before, at, across, down);
  } else {
    colour = pictured(after, at, across, down);
    colour.rgb = toned(colour.rgb);
  }
  float check = mod(floor(point.x / 12.0) + floor(point.y / 12.0), 2.0);
  result = vec4(mix(vec3(0.32 + 0.1 * check), colour.rgb, colour.a), 1.0);
}`;

const UNIFORMS = "before after viewport split sphere place lens turn eye area toneTable toneStrength".split(" ");
const WHOLE = [0, 0, 1, 1];

export class Frame {
  constructor(canvas) {
    this.canvas = canvas;
    this.gl = canvas.getContext("webgl2", { antialias: false, powerPreference: "high-performance" });
    if (!this.gl) throw new Error("this browser has no WebGL 2; try another one, or switch its graphics on");
    const gl = this.gl;
    this.largest = gl.getParameter(gl.MAX_TEXTURE_SIZE);
    this.program = program(gl);
    this.at = Object.fromEntries(UNIFORMS.map((name) => [name, gl.getUniformLocation(this.program, name)]));
    this.sharpness = gl.getExtension("EXT_texture_filter_anisotropic");
    this.pictures = [null, null];
    this.table = null;
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  }

  // Take the table of a tone, see loadTone.
  setTone(tone) {
    const gl = this.gl;
    this.table = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_3D, this.table);
    gl.texImage3D(gl.TEXTURE_3D, 0, gl.RGBA16F, tone.size, tone.size, tone.size, 0, gl.RGBA, gl.HALF_FLOAT, tone.data);
    for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_3D, filter, gl.NEAREST);
  }

  // Take a picture or a video's frame as number 0 (before) or 1 (after).
  setPicture(number, source, still) {
    const gl = this.gl;
    const texture = (this.pictures[number] ??= gl.createTexture());
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, source);
    if (still) gl.generateMipmap(gl.TEXTURE_2D);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, still ? gl.LINEAR_MIPMAP_LINEAR : gl.LINEAR);
    if (still && this.sharpness) gl.texParameterf(gl.TEXTURE_2D, this.sharpness.TEXTURE_MAX_ANISOTROPY_EXT, 8);
  }

  // Draw into the bound target. A view is what Flat, Sphere or a headset says; strength and split are live.
  draw(view, { strength, split }, viewport = [0, 0, this.canvas.width, this.canvas.height]) {
    const gl = this.gl;
    const { at } = this;
    gl.viewport(...viewport);
    gl.useProgram(this.program);
    this.bind(at.before, 0, this.pictures[0] ?? this.pictures[1], view.sphere);
    this.bind(at.after, 1, this.pictures[1], view.sphere);
    gl.activeTexture(gl.TEXTURE2);
    gl.bindTexture(gl.TEXTURE_3D, this.table);
    gl.uniform1i(at.toneTable, 2);
    gl.uniform1f(at.toneStrength, this.table ? strength : 0);
    gl.uniform4fv(at.viewport, viewport);
    gl.uniform1f(at.split, split);
    gl.uniform1i(at.sphere, view.sphere ? 1 : 0);
    if (view.sphere) {
      gl.uniform4fv(at.lens, view.lens);
      gl.uniformMatrix3fv(at.turn, false, view.turn);
      gl.uniform4fv(at.eye, view.eye ?? WHOLE);
      gl.uniform4fv(at.area, view.area ?? WHOLE);
    } else {
      gl.uniform4fv(at.place, view.place);
    }
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  bind(uniform, unit, texture, sphere) {
    const gl = this.gl;
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, sphere ? gl.REPEAT : gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    gl.uniform1i(uniform, unit);
  }
}

function program(gl) {
  const made = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(made, shader);
  }
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS)) {
    const logs = gl.getAttachedShaders(made).map((shader) => gl.getShaderInfoLog(shader));
    throw new Error(`the shader was refused by this graphics card: ${[...logs, gl.getProgramInfoLog(made)].join(" ")}`);
  }
  return made;
}
