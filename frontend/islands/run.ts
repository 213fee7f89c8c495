/** The page of a training, kept up to date: one stream of server-sent events; after three failures a look every ten seconds.
 *
 * A message holds any of: `parts` (regions drawn anew: name, version, HTML of our own server), `now` (texts by name), `step`, `point`
 * and `curves` for the chart, `offers` (what may be done with it now), `over` when nothing more will come.
 */
import "./chart.js";
import "./compare.js";
import "./viewer.js";
import type { Curves, LossChart } from "./chart.js";

interface Message {
  parts?: [string, string, string][];
  now?: Record<string, string>;
  step?: number;
  point?: [number, number];
  curves?: Curves;
  offers?: string[];
  over?: boolean;
}

const POLL = 10_000;
/** While nothing answers at all, the server is most likely being restarted. */
const POLL_DOWN = 2_000;
const FAILURES = 3;
/** How long it polls before it tries the stream again. */
const PATIENCE = 60_000;

class Run {
  private source?: EventSource;
  private failures = 0;
  private timer = 0;
  private chart: LossChart | null;
  private polledSince = 0;
  private down = false;

  constructor(private room: HTMLElement) {
    this.chart = room.querySelector("loss-chart");
    if (!room.hasAttribute("data-open")) return;
    document.addEventListener("visibilitychange", () => (document.hidden ? this.rest() : this.connect()));
    addEventListener("pagehide", () => this.rest());
    addEventListener("pageshow", (event) => event.persisted && this.connect());
    if (!document.hidden) this.connect();
  }

  /** Browsers allow few connections to one address: a page that nobody looks at holds none. */
  private rest(): void {
    this.source?.close();
    this.source = undefined;
    clearTimeout(this.timer);
  }

  private connect(): void {
    this.rest();
    if (!this.room.hasAttribute("data-open")) return;
    const source = new EventSource(this.room.dataset.stream!);
    this.source = source;
    source.onmessage = (event) => {
      this.failures = 0;
      this.offline(false);
      this.understand(JSON.parse(event.data) as Message);
    };
    source.onerror = () => {
      source.close();
      if (this.source !== source) return;
      this.failures += 1;
      if (this.failures < FAILURES) this.timer = window.setTimeout(() => this.connect(), 500 * 2 ** this.failures);
      else {
        this.polledSince = Date.now();
        void this.poll();
      }
    };
  }

  private async poll(): Promise<void> {
    this.offline(true);
    let back = false;
    try {
      const answer = await fetch(this.room.dataset.nowUrl!, { headers: { Accept: "application/json" } });
      if (answer.redirected || answer.status === 404) return location.reload();
      if (answer.ok) {
        this.understand((await answer.json()) as Message);
        back = this.down;
      }
      this.down = !answer.ok;
    } catch {
      this.down = true;
    }
    if (!this.room.hasAttribute("data-open") || document.hidden) return;
    if (back || Date.now() - this.polledSince > PATIENCE) {
      this.failures = 0;
      return this.connect();
    }
    this.timer = window.setTimeout(() => void this.poll(), this.down ? POLL_DOWN : POLL);
  }

  private offline(is: boolean): void {
    this.room.querySelector("[data-offline]")?.toggleAttribute("hidden", !is);
  }

  private understand(message: Message): void {
    for (const [name, version, html] of message.parts ?? []) this.redraw(name, version, html);
    for (const [name, text] of Object.entries(message.now ?? {})) {
      for (const place of this.room.querySelectorAll(`[data-now="${name}"]`)) place.textContent = text;
      if (name === "phase") this.room.querySelector("[data-phase]")?.removeAttribute("hidden");
    }
    const progress = this.room.querySelector<HTMLProgressElement>("progress[data-step]");
    if (progress && message.step !== undefined) progress.value = message.step;
    if (message.curves) this.chart?.show(message.curves);
    if (message.point) this.chart?.add(message.point);
    if (message.offers) this.offer(message.offers);
    if (message.over) this.end();
  }

  private offer(offers: string[]): void {
    for (const each of this.room.querySelectorAll<HTMLElement>("[data-offer]")) each.hidden = !offers.includes(each.dataset.offer!);
    this.room.querySelector<HTMLElement>("[data-steer]")?.toggleAttribute("hidden", !offers.length);
  }

  private redraw(name: string, version: string, html: string): void {
    const place = document.querySelector<HTMLElement>(`[data-part="${name}"]`);
    if (!place || place.dataset.version === version) return;
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    // A clip that plays goes on playing.
    for (const kept of fresh.content.querySelectorAll("[data-keep]")) {
      const old = document.getElementById(kept.id);
      if (old && place.contains(old)) kept.replaceWith(old);
    }
    const focused = place.contains(document.activeElement) ? document.activeElement?.id : "";
    const scrolled = [...place.querySelectorAll("[tabindex='0']")].map((each) => each.scrollLeft);
    const chosen = place instanceof HTMLSelectElement ? place.value : "";
    place.replaceChildren(fresh.content);
    if (place instanceof HTMLSelectElement && [...place.options].some((each) => each.value === chosen)) place.value = chosen;
    place.querySelectorAll("[tabindex='0']").forEach((each, index) => (each.scrollLeft = scrolled[index] ?? 0));
    if (focused) document.getElementById(focused)?.focus();
    place.dataset.version = version;
  }

  private end(): void {
    this.rest();
    this.offline(false);
    this.room.removeAttribute("data-open");
  }
}

const room = document.querySelector<HTMLElement>("[data-run]");
if (room) new Run(room);
