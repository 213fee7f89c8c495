/** Two pictures or clips of one shot, and a line between them that a range input moves: pointer, touch and arrow keys come with the input. */
class VideoCompare extends HTMLElement {
  connectedCallback(): void {
    const range = this.querySelector<HTMLInputElement>("input");
    range?.addEventListener("input", () => this.style.setProperty("--at", `${range.value}%`));
    this.pair([...this.querySelectorAll("video")]);
  }

  /** Clips run in step, and only while somebody is at them. */
  private pair(clips: HTMLVideoElement[]): void {
    if (clips.length !== 2 || this.dataset.paired) return;
    this.dataset.paired = "yes";
    for (const clip of clips) clip.controls = false;
    const [before, after] = clips as [HTMLVideoElement, HTMLVideoElement];
    const play = (): void => {
      after.currentTime = before.currentTime;
      for (const clip of clips) void clip.play().catch(() => undefined);
    };
    const pause = (): void => clips.forEach((clip) => clip.pause());
    before.addEventListener("seeked", () => before.currentTime < 0.1 && (after.currentTime = before.currentTime));
    this.addEventListener("pointerenter", play);
    this.addEventListener("pointerleave", pause);
    this.addEventListener("focusin", play);
    this.addEventListener("focusout", pause);
  }
}

customElements.define("video-compare", VideoCompare);
