/** The sentences of an island. They stand in the page, in its language, as `<span data-word="name">…{value}…</span>`. */
export class Words {
  readonly #lang = document.documentElement.lang;
  readonly #plural = new Intl.PluralRules(this.#lang);
  readonly #said = new Map<string, string>();

  constructor(root: Element) {
    for (const each of root.querySelectorAll<HTMLElement>("[data-word]")) this.#said.set(each.dataset.word!, each.textContent!.trim());
  }

  say(name: string, values: Record<string, string> = {}): string {
    return (this.#said.get(name) ?? name).replace(/\{(\w+)\}/g, (whole, key: string) => values[key] ?? whole);
  }

  /** The form for so many, as `name.one` or `name.other`. */
  count(name: string, n: number): string {
    const form = this.#plural.select(n) === "one" ? "one" : "other";
    return this.say(`${name}.${form}`, { n: n.toLocaleString(this.#lang) });
  }

  number(n: number): string {
    return n.toLocaleString(this.#lang);
  }

  size(bytes: number): string {
    const units = ["", "kilobyte", "megabyte", "gigabyte"];
    const power = Math.min(units.length - 1, Math.max(1, Math.floor(Math.log10(Math.max(1, bytes) * 1.0005) / 3)));
    const amount = bytes / 1000 ** power;
    return this.#unit(amount, units[power], "short", power > 1 && amount < 100 ? 1 : 0);
  }

  /** Seconds below a minute, minutes below two hours. */
  time(seconds: number): string {
    if (seconds < 60) return this.#unit(Math.max(1, Math.round(seconds)), "second", "long", 0);
    if (seconds < 7200) return this.#unit(Math.round(seconds / 60), "minute", "long", 0);
    return this.#unit(seconds / 3600, "hour", "long", 0);
  }

  #unit(amount: number, unit: string, unitDisplay: "short" | "long", places: number): string {
    return new Intl.NumberFormat(this.#lang, { style: "unit", unit, unitDisplay, maximumFractionDigits: places }).format(amount);
  }
}
