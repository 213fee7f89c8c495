/**
 * Filmstrips that play while one points at a clip or writes its caption, and care for what is being written: the list does not look again
 * meanwhile, and what could not be saved says so. Saving itself is htmx's; everything works without this file.
 */
const FRAMES = 8;
const EVERY = 280;
const still = matchMedia("(prefers-reduced-motion: reduce)");
let playing: { clip: Element; strip: HTMLElement; timer: number } | null = null;

function show(strip: HTMLElement, frame: number): void {
  strip.style.backgroundPositionX = `${(frame / (FRAMES - 1)) * 100}%`;
}

function start(clip: Element): void {
  const stage = clip.querySelector<HTMLElement>("[data-strip]");
  if (playing?.clip === clip || !stage) return;
  stop();
  const strip = document.createElement("div");
  strip.className = "reel-strip";
  strip.style.backgroundImage = `url("${stage.dataset.strip}")`;
  strip.style.aspectRatio = stage.dataset.shape!;
  stage.append(strip);
  let frame = 0;
  const timer = still.matches ? 0 : window.setInterval(() => show(strip, (frame = (frame + 1) % FRAMES)), EVERY);
  playing = { clip, strip, timer };
}

function stop(): void {
  if (!playing) return;
  window.clearInterval(playing.timer);
  playing.strip.remove();
  playing = null;
}

/** Over the picture, the pointer chooses the moment. */
function scrub(event: PointerEvent): void {
  const stage = (event.target as Element).closest?.<HTMLElement>("[data-strip]");
  if (!stage || !playing?.strip.isConnected || !stage.contains(playing.strip)) return;
  window.clearInterval(playing.timer);
  const box = stage.getBoundingClientRect();
  show(playing.strip, Math.min(FRAMES - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * FRAMES))));
}

const clipOf = (event: Event): Element | null => (event.target as Element).closest?.(".clip") ?? null;

document.addEventListener("pointerover", (event) => {
  const clip = clipOf(event);
  if (clip) start(clip);
  else if (!playing?.clip.contains(document.activeElement)) stop();
});
document.addEventListener("pointermove", scrub);
document.addEventListener("focusin", (event) => {
  const clip = clipOf(event);
  if (clip) start(clip);
  else stop();
});

/** A caption that is not saved yet, or was refused, or is about to be written. */
function writing(list: Element): boolean {
  const open = document.activeElement;
  return list.querySelector(".caption[data-dirty], .caption [aria-invalid]") !== null || (open instanceof HTMLTextAreaElement && list.contains(open));
}

function failed(form: Element | null, is: boolean): void {
  const told = form?.querySelector<HTMLElement>("[data-failed]");
  if (told) told.hidden = !is;
}

type Asked = CustomEvent<{ ctx: { response?: { status: number } } }>;

document.addEventListener("input", (event) => (event.target as Element).closest(".caption")?.setAttribute("data-dirty", ""));
document.addEventListener("htmx:before:request", (event) => {
  const asking = event.target as Element;
  if (asking.id === "clips" && writing(asking)) event.preventDefault();
  failed(asking.closest(".caption"), false);
});
document.addEventListener("htmx:before:swap", (event) => {
  if (((event as Asked).detail.ctx.response?.status ?? 0) < 500) return;
  event.preventDefault();
  failed((event.target as Element).closest(".caption"), true);
});
document.addEventListener("htmx:error", (event) => failed((event.target as Element).closest(".caption"), true));
