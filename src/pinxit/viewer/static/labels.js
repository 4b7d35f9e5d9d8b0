// Words and small drawings of the page.

const PATHS = {
  play: "M5 3v12l10-6z",
  pause: "M4 3h4v12H4zM10 3h4v12h-4z",
  sound: "M2 6.5v5h3l4 4v-13l-4 4zM11.5 5.5a5 5 0 0 1 0 7M13.5 3.5a8 8 0 0 1 0 11",
  silent: "M2 6.5v5h3l4 4v-13l-4 4zM12 7l4 4M16 7l-4 4",
};

export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const [svg, path] = [document.createElementNS(space, "svg"), document.createElementNS(space, "path")];
  svg.setAttribute("viewBox", "0 0 18 18");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", PATHS[name]);
  if (name === "sound" || name === "silent") path.setAttribute("class", "lined");
  svg.append(path);
  return svg;
}

export function clock(seconds) {
  const whole = Math.floor(seconds || 0);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export function fillKeys(list, { wipes, kind }) {
  const rows = [
    wipes && ["drag the line, [ and ]", "wipe between before and after"],
    wipes && ["b, held", "before alone"],
    ["arrow keys", kind === "model" ? "turn the model" : "look around, or wipe"],
    ["wheel, pinch, + and −", "nearer and farther"],
    kind === "video" && ["space", "play or pause"],
    kind === "video" && [", and .", "a little back and forth"],
    kind === "video" && ["m", "sound"],
    ["0, double click", "the view as it was at first"],
    kind !== "model" && ["1", "a flat picture pixel by pixel"],
    ["f", "full screen"],
  ].filter(Boolean);
  for (const [keys, what] of rows) {
    const [term, words] = [document.createElement("dt"), document.createElement("dd")];
    [term.textContent, words.textContent] = [keys, what];
    list.append(term, words);
  }
}
