/** Samples by prompt and step: they play while somebody is at them; chosen, they open large, and the arrow keys go through the grid. */
type Way = "left" | "right" | "up" | "down";
const KEYS: Record<string, Way> = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };

class Viewer {
  private video: HTMLVideoElement;
  private cell?: HTMLAnchorElement;

  constructor(private dialog: HTMLDialogElement) {
    this.video = dialog.querySelector("video")!;
    document.addEventListener("click", (event) => this.chosen(event));
    document.addEventListener("keydown", (event) => dialog.open && this.pressed(event));
    for (const button of dialog.querySelectorAll<HTMLButtonElement>("[data-go]")) button.addEventListener("click", () => this.go(button.dataset.go as Way));
    dialog.addEventListener("close", () => {
      this.video.pause();
      this.cell?.focus();
    });
  }

  private chosen(event: MouseEvent): void {
    const cell = (event.target as Element).closest<HTMLAnchorElement>("[data-sample]");
    if (!cell || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.show(cell);
    this.dialog.showModal();
  }

  private pressed(event: KeyboardEvent): void {
    const way = KEYS[event.key];
    if (!way) return;
    event.preventDefault();
    this.go(way);
  }

  /** To the nearest sample that way; prompts lie beside each other, steps above each other. */
  private go(way: Way): void {
    const next = this.there(way);
    if (next) this.show(next);
  }

  private there(way: Way): HTMLAnchorElement | undefined {
    if (!this.cell) return undefined;
    const across = way === "left" || way === "right";
    const forward = way === "right" || way === "down";
    const [moving, fixed] = across ? ["row", "column"] : ["column", "row"];
    const here = Number(this.cell.dataset[moving!]);
    const line = [...document.querySelectorAll<HTMLAnchorElement>("[data-sample]")].filter((each) => each.dataset[fixed!] === this.cell!.dataset[fixed!]);
    const beyond = line.filter((each) => (forward ? Number(each.dataset[moving!]) > here : Number(each.dataset[moving!]) < here));
    return beyond.sort((a, b) => (Number(a.dataset[moving!]) - Number(b.dataset[moving!])) * (forward ? 1 : -1))[0];
  }

  private show(cell: HTMLAnchorElement): void {
    this.cell = document.getElementById(cell.id) as HTMLAnchorElement;
    this.dialog.querySelector("[data-title]")!.textContent = cell.textContent;
    this.video.poster = cell.querySelector("img")?.src ?? "";
    this.video.src = cell.href;
    void this.video.play().catch(() => undefined);
    for (const button of this.dialog.querySelectorAll<HTMLButtonElement>("[data-go]")) button.disabled = !this.there(button.dataset.go as Way);
  }
}

/** A still plays while the pointer or the focus is at it. */
function plays(event: Event, is: boolean): void {
  const place = (event.target as Element | null)?.closest?.<HTMLElement>("[data-plays], .card:has([data-plays])");
  const still = place?.matches("[data-plays]") ? place : place?.querySelector<HTMLElement>("[data-plays]");
  if (!still) return;
  if (!is) {
    if (!still.contains((event as PointerEvent).relatedTarget as Node | null)) still.querySelector("video")?.remove();
    return;
  }
  if (still.querySelector("video")) return;
  const clip = Object.assign(document.createElement("video"), { muted: true, loop: true, playsInline: true, src: still.dataset.plays! });
  clip.setAttribute("aria-hidden", "true");
  clip.tabIndex = -1;
  still.append(clip);
  void clip.play().catch(() => clip.remove());
}

if (!matchMedia("(prefers-reduced-motion: reduce)").matches) {
  for (const type of ["pointerover", "focusin"]) document.addEventListener(type, (event) => plays(event, true));
  for (const type of ["pointerout", "focusout"]) document.addEventListener(type, (event) => plays(event, false));
}

const dialog = document.querySelector<HTMLDialogElement>("[data-viewer]");
if (dialog) new Viewer(dialog);
