/** Two pictures of one shot, and a line between them that a range input moves: pointer, touch and arrow keys come with the input. */
class VideoCompare extends HTMLElement {
  connectedCallback(): void {
    const range = this.querySelector<HTMLInputElement>("input");
    range?.addEventListener("input", () => this.style.setProperty("--at", `${range.value}%`));
  }
}

customElements.define("video-compare", VideoCompare);
