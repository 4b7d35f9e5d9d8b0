// The sphere in a headset (WebXR): each eye sees its own half of a stereo picture. The trigger shows before or after.

export async function headsetThere() {
  try {
    return Boolean(await navigator.xr?.isSessionSupported("immersive-vr"));
  } catch {
    return false;
  }
}

// Runs until the user leaves the headset. refresh() brings the textures up to date; ended() is called at the end.
export async function enterHeadset(frame, sphere, { refresh, strength, wipes, ended }) {
  const { gl } = frame;
  const session = await navigator.xr.requestSession("immersive-vr");
  await gl.makeXRCompatible?.();
  session.updateRenderState({ baseLayer: new XRWebGLLayer(session, gl) });
  const space = await session.requestReferenceSpace("local");
  let before = false;
  session.addEventListener("select", () => (before = wipes && !before));
  session.addEventListener("end", () => {
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    ended();
  });
  const show = (time, moment) => {
    session.requestAnimationFrame(show);
    const pose = moment.getViewerPose(space);
    if (!pose) return;
    refresh();
    const layer = session.renderState.baseLayer;
    gl.bindFramebuffer(gl.FRAMEBUFFER, layer.framebuffer);
    for (const view of pose.views) {
      const { x, y, width, height } = layer.getViewport(view);
      gl.enable(gl.SCISSOR_TEST);
      gl.scissor(x, y, width, height);
      const eye = sphere.eyes[view.eye === "right" ? 1 : 0];
      const seen = { sphere: true, lens: lensOf(view.projectionMatrix), turn: turnOf(view), eye, area: sphere.area };
      frame.draw(seen, { strength: strength(), split: before ? 2 * width : 0 }, [x, y, width, height]);
      gl.disable(gl.SCISSOR_TEST);
    }
  };
  session.requestAnimationFrame(show);
  return session;
}

// Slopes of an eye's rays, from its projection (column by column); its middle need not be the picture's.
export function lensOf(projection) {
  const [across, up] = [projection[0], projection[5]];
  return [1 / across, 1 / up, projection[8] / across, projection[9] / up];
}

// The turn of an eye, without where it stands: the sphere is far away.
function turnOf(view) {
  const m = view.transform.matrix;
  return [m[0], m[1], m[2], m[4], m[5], m[6], m[8], m[9], m[10]];
}
