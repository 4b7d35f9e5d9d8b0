// What the viewer of models takes from three.js; bundled into three.js by the command in README.md.
export {
  AnimationMixer, Box3, Data3DTexture, DirectionalLight, HalfFloatType, LoadingManager, NearestFilter,
  NeutralToneMapping, PerspectiveCamera, PMREMGenerator, RGBAFormat, Scene, Sphere, WebGLRenderer,
} from "three";
export { RoomEnvironment } from "three/addons/environments/RoomEnvironment.js";
export { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
