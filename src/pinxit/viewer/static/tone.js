// The style's tone: its lookup table, read in a fragment shader as pinxit itself reads it (tetrahedral).

export const TONE_GLSL = `
uniform highp sampler3D toneTable;
uniform float toneStrength;

vec3 toneNode(ivec3 at) { return texelFetch(toneTable, at, 0).rgb; }

// sRGB in, sRGB out. Whole nodes are fetched, so neither half a texel nor the precision of filtering is lost.
vec3 toned(vec3 colour) {
  if (toneStrength == 0.0) return colour;
  vec3 last = vec3(textureSize(toneTable, 0) - 1);
  vec3 place = clamp(colour, 0.0, 1.0) * last;
  vec3 corner = min(floor(place), last - 1.0);
  vec3 part = place - corner;
  ivec3 from = ivec3(corner);
  ivec3 first, second;
  if (part.r >= part.g) {
    if (part.g >= part.b) { first = ivec3(1, 0, 0); second = ivec3(1, 1, 0); }
    else if (part.r >= part.b) { first = ivec3(1, 0, 0); second = ivec3(1, 0, 1); }
    else { first = ivec3(0, 0, 1); second = ivec3(1, 0, 1); }
  } else {
    if (part.b >= part.g) { first = ivec3(0, 0, 1); second = ivec3(0, 1, 1); }
    else if (part.b >= part.r) { first = ivec3(0, 1, 0); second = ivec3(0, 1, 1); }
    else { first = ivec3(0, 1, 0); second = ivec3(1, 1, 0); }
  }
  float most = max(part.r, max(part.g, part.b));
  float least = min(part.r, min(part.g, part.b));
  float middle = part.r + part.g + part.b - most - least;
  vec3 found = toneNode(from) * (1.0 - most) + toneNode(from + first) * (most - middle)
    + toneNode(from + second) * (middle - least) + toneNode(from + 1) * least;
  return mix(colour, found, toneStrength);
}
`;

// The table as half floats, four a node, red fastest; null without a style.
export async function loadTone(tone) {
  if (!tone) return null;
  const reply = await fetch(tone.url);
  if (!reply.ok) throw new Error("the style's table could not be loaded");
  return { ...tone, data: new Uint16Array(await reply.arrayBuffer()) };
}
