/** Files into a dataset, on any page with material/_upload.html. The rows and sentences are the page's own; this file only fills them. */
import { ask } from "./lib/api";
import { Digest } from "./lib/digest";
import { whereverDropped } from "./lib/dropping";
import { chosen, dropped, sidecar, type Gathered } from "./lib/gather";
import { Item, Sender, type Watcher } from "./lib/sender";
import { Words } from "./lib/words";

/** The rate is that of the last seconds, so that a pause or an outage is soon forgotten. */
const RATE_OVER = 15;
/** What a file costs beside its bytes, in bytes: without it three hundred small ones would seem to take hours. */
const EACH = 500_000;
const SAID_EVERY = 5000;
const NAMES_SHOWN = 10;

class Upload implements Watcher {
  readonly #words: Words;
  readonly #sender: Sender;
  readonly #rows = new Map<Item, HTMLElement>();
  readonly #captions = new Map<string, string>();
  #pace: { at: number; done: number }[] = [];
  #said = { text: "", at: 0 };
  #notes = new Map<string, HTMLElement>();
  #running = false;
  #drawing = 0;

  constructor(readonly root: HTMLElement) {
    const { api, dataset, digest } = root.dataset;
    this.#words = new Words(root);
    this.#sender = new Sender(api!, dataset!, new Digest(digest!), this);
    this.#listen();
    this.#one("[data-drop]").inert = false;
    setInterval(() => this.#draw(), 1000);
  }

  changed(item: Item): void {
    const row = this.#rows.get(item);
    if (row) this.#fill(item, row);
    if (item.final) this.#over(item);
    if (item.asset) this.root.querySelector(`[data-asset="${item.asset.id}"]`)?.remove();
    const rest = this.root.querySelector<HTMLElement>("[data-rest]");
    if (rest && !rest.querySelector("[data-asset]")) rest.remove();
    this.#drawing ||= window.setTimeout(() => this.#draw(), 150);
  }

  away(is: boolean): void {
    if (is) return this.#note("outage", "bad");
    if (this.#notes.has("outage")) this.#say(this.#words.say("back"));
    this.#unnote("outage", "signedout");
  }

  signedOut(): void {
    this.#note("signedout", "bad");
    this.#paused(true);
  }

  word(name: string): string {
    return this.#words.say(name);
  }

  #one<T extends HTMLElement = HTMLElement>(selector: string): T {
    return this.root.querySelector<T>(selector)!;
  }

  #listen(): void {
    for (const name of ["files", "folder"]) {
      const input = this.#one<HTMLInputElement>(`[data-${name}]`);
      input.addEventListener("change", async () => {
        const found = await chosen(input.files ?? []);
        input.value = "";
        this.#take(found);
      });
    }
    this.#one("[data-pause]").addEventListener("click", () => this.#pause(true));
    this.#one("[data-resume]").addEventListener("click", () => this.#pause(false));
    this.#one("[data-cancel]").addEventListener("click", () => this.#left().forEach((item) => this.#sender.cancel(item)));
    whereverDropped(this.#one("[data-drop]"), async (transfer) => this.#take(await dropped(transfer)));
    addEventListener("beforeunload", (event) => this.#running && event.preventDefault());
  }

  #take({ clips, captions }: Gathered): void {
    for (const [name, text] of captions) this.#captions.set(name, text);
    const items = clips.map(({ file, name }) => new Item(file, name, captions.get(sidecar(name)) ?? ""));
    const list = this.#one("[data-list]");
    list.hidden ||= !items.length;
    list.append(...items.map((item) => this.#row(item)));
    if (items.length) {
      this.#running = true;
      list.hidden = false;
      this.#unnote("end", "there", "bad", "said", "none");
      this.#say(this.#words.count("start", items.length));
    }
    for (const item of items) this.#check(item);
    if (!items.length) void this.#captionRest();
    this.#draw();
  }

  #check(item: Item): void {
    const wrong = this.#wrong(item);
    if (wrong) item.state = "problem";
    this.#sender.add(item);
    if (wrong) this.#sender.refuse(item, this.#words.say(wrong));
  }

  /** What needs no server to be seen. Its check of what arrives is the one that counts. */
  #wrong({ name, file }: Item): string {
    const { accept, largest } = this.root.dataset;
    if (!accept!.split(",").includes(name.slice(name.lastIndexOf(".")).toLowerCase())) return "unsupported";
    return file.size === 0 ? "empty" : file.size > Number(largest) ? "toolarge" : "";
  }

  #row(item: Item): HTMLElement {
    const row = this.#one<HTMLTemplateElement>("[data-row]").content.firstElementChild!.cloneNode(true) as HTMLElement;
    row.querySelector("[data-name]")!.textContent = item.name;
    for (const button of row.querySelectorAll("button")) {
      const unseen = Object.assign(document.createElement("span"), { className: "unseen", textContent: ` ${item.name}` });
      button.append(unseen);
    }
    row.querySelector("[data-again]")!.addEventListener("click", () => this.#sender.again(item));
    row.querySelector("[data-drop-it]")!.addEventListener("click", () => this.#dismiss(item));
    this.#rows.set(item, row);
    this.#fill(item, row);
    return row;
  }

  #dismiss(item: Item): void {
    this.#sender.cancel(item);
    this.#gone(item);
  }

  #fill(item: Item, row: HTMLElement): void {
    const [state, bar, problem] = [row.querySelector("[data-state]")!, row.querySelector("progress")!, row.querySelector<HTMLElement>("[data-problem]")!];
    const held = this.#sender.paused && !item.final;
    const sizes = { sent: this.#words.size(item.sent), all: this.#words.size(item.file.size) };
    state.textContent = this.#words.say(held ? "paused" : item.state, sizes);
    bar.hidden = !["sending", "stalled"].includes(item.state);
    bar.value = item.sent / Math.max(1, item.file.size);
    bar.setAttribute("aria-label", item.name);
    problem.hidden = !item.problem;
    problem.textContent = item.problem;
    row.querySelector<HTMLElement>("[data-again]")!.hidden = item.state !== "problem";
    if (item.state === "problem") row.querySelector("[data-label]")!.textContent = this.#words.say("dismiss");
  }

  /** What has arrived leaves this list: the page shows it among its clips. What has not stays, with its reason. */
  #over(item: Item): void {
    if (item.state === "sent") document.body.dispatchEvent(new CustomEvent("material-changed"));
    if (item.state === "problem") this.#one("[data-list]").prepend(this.#rows.get(item)!);
    else this.#gone(item);
  }

  #gone(item: Item): void {
    const row = this.#rows.get(item);
    if (row?.contains(document.activeElement)) ((row.nextElementSibling ?? row.previousElementSibling)?.querySelector("button") ?? this.#one("[data-files]")).focus();
    row?.remove();
    this.#rows.delete(item);
    this.#one("[data-list]").hidden = !this.#rows.size;
  }

  #left(): Item[] {
    return this.#sender.items.filter((item) => !item.final);
  }

  #draw(): void {
    window.clearTimeout(this.#drawing);
    this.#drawing = 0;
    const left = this.#left();
    this.#one("[data-sending]").hidden = !left.length;
    this.#running ||= left.length > 0;
    if (left.length) this.#progress(left);
    else if (this.#running) this.#finished();
  }

  #progress(left: Item[]): void {
    const mine = this.#sender.items.filter((item) => item.state !== "cancelled" && item.state !== "problem");
    const [all, sent] = [sum(mine, (item) => item.file.size), sum(mine, (item) => item.sent)];
    const [work, done] = [all + EACH * mine.length, sent + EACH * (mine.length - left.length)];
    this.#one<HTMLProgressElement>("[data-bar]").value = done / work;
    this.#one("[data-line]").textContent = this.#words.say("line", { done: this.#words.number(mine.length - left.length), all: this.#words.count("files", mine.length) });
    this.#one("[data-left]").textContent = `${this.#words.size(sent)} / ${this.#words.size(all)}${this.#eta(work, done)}`;
  }

  #eta(work: number, done: number): string {
    const now = performance.now() / 1000;
    this.#pace = [...this.#pace.filter(({ at }) => now - at < RATE_OVER), { at: now, done }];
    const first = this.#pace[0];
    const rate = (done - first.done) / Math.max(0.001, now - first.at);
    if (this.#sender.paused || this.#notes.has("outage") || rate <= 0 || now - first.at < 3) return "";
    return ` · ${this.#words.say("left", { time: this.#words.time((work - done) / rate) })}`;
  }

  #finished(): void {
    this.#running = false;
    this.#pace = [];
    this.#unnote("outage", "signedout", "pausedall");
    const items = this.#sender.items.splice(0);
    const said = [["sent", "end", "good"], ["there", "there", ""], ["problem", "bad", "bad"]].flatMap(([state, word, kind]) => {
      const count = items.filter((item) => item.state === state).length;
      return count ? [[this.#words.count(word, count), kind]] : [];
    });
    for (const item of items) {
      if (item.asset?.caption === plain(item.caption)) this.#captions.delete(sidecar(item.name));
      if (item.state === "problem") this.#sender.items.push(item);
    }
    this.#unnote("end", "there", "bad");
    said.forEach(([text, kind], i) => this.#note(["end", "there", "bad"][i], kind, text));
    this.#say(said.map(([text]) => text).join(" "));
    document.body.dispatchEvent(new CustomEvent("material-changed"));
    void this.#captionRest();
  }

  /** Captions of clips that were here before. The server knows which clip a text file belongs to. */
  async #captionRest(): Promise<void> {
    const captions = Object.fromEntries(this.#captions);
    this.#captions.clear();
    if (!Object.keys(captions).length) return;
    const { api, dataset } = this.root.dataset;
    try {
      const done = await ask<{ applied: string[]; unknown: string[] }>("POST", `${api}/datasets/${dataset}/captions`, { captions });
      if (done.applied.length) this.#note("said", "good", this.#words.count("said", done.applied.length));
      const names = done.unknown.slice(0, NAMES_SHOWN).join(", ") + (done.unknown.length > NAMES_SHOWN ? " …" : "");
      if (names) this.#note("none", "bad", this.#words.say("none", { names }));
      document.body.dispatchEvent(new CustomEvent("material-changed"));
    } catch (error) {
      this.#note("none", "bad", (error as Error).message);
    }
  }

  #pause(on: boolean): void {
    if (on) {
      this.#sender.pause();
      this.#note("pausedall", "");
    } else {
      this.#unnote("pausedall", "signedout");
      this.#sender.resume();
      this.#say(this.#words.count("start", this.#left().length));
    }
    this.#paused(on);
  }

  #paused(on: boolean): void {
    const [pause, resume] = [this.#one("[data-pause]"), this.#one("[data-resume]")];
    const focused = pause === document.activeElement || resume === document.activeElement;
    [pause.hidden, resume.hidden] = [on, !on];
    if (focused) (on ? resume : pause).focus();
    for (const item of this.#left()) this.changed(item);
  }

  #note(name: string, kind: string, text = this.#words.say(name)): void {
    if (this.#notes.get(name)?.querySelector("p")!.textContent === text) return;
    const note = this.#one<HTMLTemplateElement>("[data-note]").content.firstElementChild!.cloneNode(true) as HTMLElement;
    note.querySelector("p")!.textContent = text;
    if (kind) note.classList.add(kind);
    this.#unnote(name);
    this.#notes.set(name, note);
    this.#one("[data-notes]").append(note);
    if (name in { outage: 1, signedout: 1, pausedall: 1 }) this.#say(text);
  }

  #unnote(...names: string[]): void {
    for (const name of names) {
      this.#notes.get(name)?.remove();
      this.#notes.delete(name);
    }
  }

  /** To whoever listens rather than looks: what changed, never each percent. */
  #say(text: string): void {
    const { text: last, at } = this.#said;
    if (text === last && Date.now() - at < SAID_EVERY) return;
    this.#said = { text, at: Date.now() };
    this.#one("[data-live]").textContent = text;
  }
}

/** As the server keeps a caption: on one line. */
function plain(text: string): string {
  return text.normalize("NFC").split(/\s+/).join(" ").trim();
}

function sum(items: Item[], of: (item: Item) => number): number {
  return items.reduce((all, item) => all + of(item), 0);
}

for (const root of document.querySelectorAll<HTMLElement>("[data-upload]")) new Upload(root);
