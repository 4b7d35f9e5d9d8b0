// glTF models: orbit, light, before and after through the same camera, tone in the textures of the materials.
import { TONE_GLSL } from "./tone.js";

const IN_LINEAR = `
vec3 tonedLinear(vec3 light) {
  light = clamp(light, 0.0, 1.0);
  vec3 coded = mix(12.92 * light, 1.055 * pow(light, vec3(1.0 / 2.4)) - 0.055, step(0.0031308, light));
  vec3 found = clamp(toned(coded), 0.0, 1.0);
  return mix(found / 12.92, pow((found + 0.055) / 1.055, vec3(2.4)), step(0.04045, found));
}

// Of what shines: not brighter than it was, or lifted blacks would glow.
vec3 tonedGlow(vec3 light) {
  const vec3 luma = vec3(0.2126, 0.7152, 0.0722);
  float scale = max(1.0, max(light.r, max(light.g, light.b)));
  vec3 found = tonedLinear(light / scale) * scale;
  return found * min(1.0, dot(light, luma) / max(dot(found, luma), 1e-6));
}
`;
const MAP = `
#ifdef USE_MAP
  vec4 sampledDiffuseColor = texture2D(map, vMapUv);
  sampledDiffuseColor.rgb = tonedLinear(sampledDiffuseColor.rgb);
  diffuseColor *= sampledDiffuseColor;
#endif
`;
const PLAIN = `
#include <color_fragment>
#ifndef USE_MAP
  diffuseColor.rgb = tonedLinear(diffuseColor.rgb);
#endif
`;
const GLOW = `
#ifdef USE_EMISSIVEMAP
  totalEmissiveRadiance *= tonedGlow(texture2D(emissiveMap, vEmissiveMapUv).rgb);
#else
  totalEmissiveRadiance = tonedGlow(totalEmissiveRadiance);
#endif
`;

function isSlow(gl) {
  const names = gl.getExtension("WEBGL_debug_renderer_info");
  return names !== null && /swiftshader|llvmpipe|software|basic render/i.test(gl.getParameter(names.UNMASKED_RENDERER_WEBGL));
}

const YAW = 0.55, PITCH = 0.3; // where the camera starts: from the front, a little from the side and above

export class Model {
  turns = true;

  constructor(canvas) {
    const { THREE } = globalThis;
    this.canvas = canvas;
    try {
      this.renderer = new THREE.WebGLRenderer({ canvas, antialias: true, alpha: true });
    } catch {
      throw new Error("this browser has no WebGL 2; try another one, or switch its graphics on");
    }
    this.renderer.setPixelRatio(1); // the canvas is sized in pixels already
    this.renderer.toneMapping = THREE.NeutralToneMapping;
    this.renderer.setScissorTest(true);
    this.camera = new THREE.PerspectiveCamera(40, 1, 0.01, 100);
    this.strength = { value: 0 };
    this.table = { value: null };
    this.mixers = [];
    this.room = null;
    this.brightness = 1;
  }

  // Addresses of the files; before may be null.
  async load(before, after, tone) {
    this.after = await this.stage(after);
    this.before = before ? await this.stage(before) : this.after;
    if (tone) this.setTone(tone);
    this.frameIt();
  }

  async stage(media) {
    const { THREE } = globalThis;
    const manager = new THREE.LoadingManager();
    manager.setURLModifier((url) => {
      if (/^(blob:|data:)/.test(url)) return url;
      throw new Error(`${media.name} names a file outside itself; save it with everything inside (.glb)`);
    });
    const reply = await fetch(media.url);
    if (!reply.ok) throw new Error(`${media.name} could not be loaded`);
    const found = await new THREE.GLTFLoader(manager).parseAsync(await reply.arrayBuffer(), "").catch((error) => {
      throw new Error(`${media.name} cannot be shown: ${error.message}`);
    });
    const scene = new THREE.Scene();
    if (this.prepare(found.scene)) scene.environment = this.light();
    const sun = new THREE.DirectionalLight(0xffffff, 1.6);
    sun.position.set(2, 3, 2.5);
    scene.add(sun, found.scene);
    scene.userData = { sun, model: found.scene };
    if (found.animations.length) {
      const mixer = new THREE.AnimationMixer(found.scene);
      mixer.clipAction(found.animations[0]).play();
      this.mixers.push(mixer);
    }
    return scene;
  }

  // Leave unlit materials their own colours, and tell whether others are there.
  prepare(model) {
    let lit = false;
    model.traverse((part) => {
      for (const material of [part.material ?? []].flat()) {
        if (material.isMeshBasicMaterial) material.toneMapped = false;
        else lit = true;
      }
    });
    return lit;
  }

  // A plain room with lamps, made once; a coarse one where no graphics card helps.
  light() {
    const { THREE } = globalThis;
    const size = isSlow(this.renderer.getContext()) ? 32 : 128;
    const maker = new THREE.PMREMGenerator(this.renderer);
    return (this.room ??= maker.fromScene(new THREE.RoomEnvironment(), 0.04, 0.1, 100, { size }).texture);
  }

  setTone(tone) {
    const { THREE } = globalThis;
    const { size } = tone;
    const table = new THREE.Data3DTexture(tone.data, size, size, size);
    Object.assign(table, { format: THREE.RGBAFormat, type: THREE.HalfFloatType, needsUpdate: true });
    Object.assign(table, { minFilter: THREE.NearestFilter, magFilter: THREE.NearestFilter, unpackAlignment: 1 });
    this.table.value = table;
    this.after.traverse((part) => {
      for (const material of [part.material ?? []].flat()) this.toneMaterial(material);
    });
  }

  toneMaterial(material) {
    material.onBeforeCompile = (shader) => {
      shader.uniforms.toneTable = this.table;
      shader.uniforms.toneStrength = this.strength;
      shader.fragmentShader = shader.fragmentShader
        .replace("void main() {", `${TONE_GLSL}${IN_LINEAR}void main() {`)
        .replace("#include <map_fragment>", MAP)
        .replace("#include <color_fragment>", PLAIN)
        .replace("#include <emissivemap_fragment>", GLOW);
    };
    material.customProgramCacheKey = () => "pinxit";
    material.needsUpdate = true;
  }

  // Put the camera where all of the model is seen, a little from above.
  frameIt() {
    const { THREE } = globalThis;
    const box = new THREE.Box3().setFromObject(this.after.userData.model);
    if (box.isEmpty()) throw new Error("the model holds nothing that can be seen");
    this.ball = box.getBoundingSphere(new THREE.Sphere());
    this.ball.radius = Math.max(this.ball.radius, 1e-6);
    this.half = box.max.clone().sub(this.ball.center).toArray();
    Object.assign(this.camera, { near: this.ball.radius / 100, far: this.ball.radius * 100 });
    this.reset();
  }

  // How far away the camera starts: the corners of the model's box fill most of the canvas.
  get distance() {
    const up = Math.tan((this.camera.fov * Math.PI) / 360) * 0.9;
    const [cy, sy, cp, sp] = [Math.cos(YAW), Math.sin(YAW), Math.cos(PITCH), Math.sin(PITCH)];
    let most = 0;
    for (let corner = 0; corner < 8; corner++) {
      const [x, y, z] = this.half.map((side, i) => (corner & (1 << i) ? side : -side));
      const [right, near] = [cy * x - sy * z, cp * (sy * x + cy * z) + sp * y];
      const high = cp * y - sp * (sy * x + cy * z);
      most = Math.max(most, near + Math.max(Math.abs(high) / up, Math.abs(right) / (up * this.camera.aspect)));
    }
    return Math.max(most, this.ball.radius * 1e-3);
  }

  reset() {
    [this.yaw, this.pitch] = [YAW, PITCH];
    this.away = 1;
    this.shift = [0, 0];
  }

  resize(width, height) {
    this.size = [width, height];
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    this.camera.updateProjectionMatrix();
  }

  drag(x, y, fingers) {
    if (fingers > 1) {
      this.shift = [this.shift[0] - x / this.size[1], this.shift[1] + y / this.size[1]];
      return;
    }
    this.turn((-x * 4) / this.size[1], (y * 4) / this.size[1]);
  }

  turn(yaw, pitch) {
    this.yaw += yaw;
    this.pitch = Math.min(Math.max(this.pitch + pitch, -1.55), 1.55);
  }

  zoom(factor) {
    this.away = Math.min(Math.max(this.away / factor, 0.02), 8);
  }

  key(name) {
    const step = { ArrowLeft: [-0.12, 0], ArrowRight: [0.12, 0], ArrowUp: [0, 0.12], ArrowDown: [0, -0.12] }[name];
    if (step) this.turn(...step);
    return Boolean(step);
  }

  get moving() {
    return this.mixers.length > 0;
  }

  advance(seconds) {
    for (const mixer of this.mixers) mixer.update(seconds);
  }

  aim() {
    const { camera } = this;
    const { center } = this.ball;
    const distance = this.away * this.distance;
    const [cp, sp] = [Math.cos(this.pitch), Math.sin(this.pitch)];
    camera.position.set(Math.sin(this.yaw) * cp, sp, Math.cos(this.yaw) * cp).multiplyScalar(distance).add(center);
    camera.lookAt(center);
    camera.translateX(this.shift[0] * distance);
    camera.translateY(this.shift[1] * distance);
  }

  draw({ strength, split }) {
    const [width] = this.size;
    const cut = Math.min(Math.max(Math.round(split), 0), width);
    this.aim();
    this.part(this.before, 0, cut, 0);
    this.part(this.after, cut, width - cut, strength);
  }

  part(scene, left, width, strength) {
    if (width <= 0) return;
    this.strength.value = strength;
    scene.environmentIntensity = 0.9 * this.brightness;
    scene.userData.sun.intensity = 1.6 * this.brightness;
    this.renderer.setScissor(left, 0, width, this.size[1]);
    this.renderer.render(scene, this.camera);
  }
}
