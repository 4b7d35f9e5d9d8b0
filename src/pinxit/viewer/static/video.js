// Two videos, before and after, played in step; the one after sets the pace.
const CLOSE = 0.01, FAR = 0.5; // seconds apart: left alone below, jumped to above; between, the leading one slows down

export class Videos {
  // Elements in the order before, after; before may be null.
  constructor(before, after, changed) {
    Object.assign(this, { before, after, changed, fresh: false });
    this.both = before ? [before, after] : [after];
    if (before) before.muted = true;
    for (const video of this.both) {
      for (const name of ["seeked", "loadeddata"]) video.addEventListener(name, () => this.show());
      this.watch(video);
    }
    after.addEventListener("ended", () => this.again());
  }

  // Whether there is a new frame since this was last asked.
  takeFresh() {
    const fresh = this.fresh;
    this.fresh = false;
    return fresh;
  }

  show() {
    this.fresh = true;
    this.changed();
  }

  watch(video) {
    if (!video.requestVideoFrameCallback) {
      video.addEventListener("timeupdate", () => this.show());
      return;
    }
    const next = () => {
      this.show();
      video.requestVideoFrameCallback(next);
    };
    video.requestVideoFrameCallback(next);
  }

  get playing() {
    return !this.after.paused;
  }

  get length() {
    return Number.isFinite(this.after.duration) ? this.after.duration : 0;
  }

  get time() {
    return this.after.currentTime;
  }

  async toggle() {
    if (this.playing) return this.pause();
    this.align();
    await this.play();
    this.changed();
  }

  async play() {
    try {
      await Promise.all(this.both.map((video) => video.play()));
    } catch (error) {
      if (error.name !== "AbortError") throw error; // paused again before it began
    }
  }

  pause() {
    for (const video of this.both) video.pause();
    this.align();
    this.changed();
  }

  again() {
    this.seek(0);
    return this.play();
  }

  seek(time) {
    const to = Math.min(Math.max(time, 0), Math.max(this.length - 0.001, 0));
    for (const video of this.both) video.currentTime = Math.min(to, video.duration || to);
    this.changed();
  }

  align() {
    if (this.before) this.before.currentTime = this.after.currentTime;
  }

  // Seconds by which before is ahead of after; kept small while they play.
  keepStep() {
    const { before, after } = this;
    if (!before || !this.playing || before.seeking || after.seeking) return 0;
    const ahead = before.currentTime - after.currentTime;
    if (Math.abs(ahead) > FAR && after.currentTime < before.duration) this.align();
    const slow = Math.abs(ahead) < CLOSE ? 0 : Math.min(0.5, 4 * Math.abs(ahead));
    before.playbackRate = ahead > 0 ? 1 - slow : 1;
    after.playbackRate = ahead < 0 ? 1 - slow : 1;
    if (before.paused && !before.ended) before.play().catch(() => {});
    return ahead;
  }
}

// An element that holds a video's first frame, or an error in words.
export function openVideo({ url, name }) {
  return new Promise((resolve, reject) => {
    const video = document.createElement("video");
    Object.assign(video, { playsInline: true, preload: "auto", src: url });
    const fail = () => {
      const why = video.error?.message ? ` (${video.error.message})` : "";
      reject(new Error(`this browser cannot play ${name}${why}; H.264 in .mp4 and VP9 in .webm play everywhere`));
    };
    video.addEventListener("loadeddata", () => (video.videoWidth ? resolve(video) : fail()), { once: true });
    video.addEventListener("error", fail, { once: true });
    video.load();
  });
}
