/** The loss over the steps: single steps faint, their running mean bold, the fixed validation as points. Colours come from the style sheet.
 *
 * The library is fetched when the chart comes near the window: on a phone it lies below what is read first.
 */
import type uPlot from "uplot";

export interface Curves {
  loss: [number, number][];
  validation: [number, number][];
  steps: number;
}

/** How much of the running mean a new value takes away. */
const WEIGHT = 0.1;
const HEIGHT = 260;
/** How far below the window a chart may lie and yet be drawn, in pixels. */
const NEAR = "200px";

export class LossChart extends HTMLElement {
  private curves: Curves = { loss: [], validation: [], steps: 1 };
  private plot?: uPlot;
  private library?: typeof uPlot;

  connectedCallback(): void {
    const given = document.getElementById("curves");
    if (given) this.show(JSON.parse(given.textContent ?? "") as Curves);
    new IntersectionObserver((seen, observer) => {
      if (!seen.some((each) => each.isIntersecting)) return;
      observer.disconnect();
      void this.fetch();
    }, { rootMargin: NEAR }).observe(this);
    new ResizeObserver(() => this.resize()).observe(this);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw(true));
  }

  private async fetch(): Promise<void> {
    this.library = (await import("uplot")).default;
    this.draw(false);
  }

  private resize(): void {
    if (this.plot && this.plot.width !== this.clientWidth) this.plot.setSize({ width: this.clientWidth, height: HEIGHT });
  }

  show(curves: Curves): void {
    this.curves = curves;
    this.draw(false);
  }

  /** A step that was done again, after a worker was lost, takes the place of what stood there. */
  add(point: [number, number]): void {
    const { loss } = this.curves;
    while (loss.length && loss[loss.length - 1]![0] >= point[0]) loss.pop();
    loss.push(point);
    this.draw(false);
  }

  private draw(anew: boolean): void {
    if (!this.library || (!this.curves.loss.length && !this.curves.validation.length)) return;
    if (anew) {
      this.plot?.destroy();
      this.plot = undefined;
    }
    if (this.plot) return this.plot.setData(this.data());
    this.replaceChildren();
    this.plot = new this.library(this.options(), this.data(), this);
  }

  private data(): uPlot.AlignedData {
    const held = new Map(this.curves.validation);
    const single = new Map(this.curves.loss);
    const steps = [...new Set([...single.keys(), ...held.keys()])].sort((a, b) => a - b);
    let mean: number | undefined;
    const smooth = steps.map((step) => {
      const value = single.get(step);
      if (value === undefined) return mean ?? null;
      return (mean = mean === undefined ? value : mean + WEIGHT * (value - mean));
    });
    return [steps, steps.map((step) => single.get(step) ?? null), smooth, steps.map((step) => held.get(step) ?? null)];
  }

  private options(): uPlot.Options {
    const style = getComputedStyle(this);
    const colour = (name: string): string => this.colour(style.getPropertyValue(name));
    const lang = document.documentElement.lang;
    const number = new Intl.NumberFormat(lang, { maximumSignificantDigits: 4 });
    const axis = {
      stroke: colour("--soft"),
      font: `12px ${style.fontFamily}`,
      grid: { stroke: colour("--line"), width: 1 },
      ticks: { show: false },
      values: (_: uPlot, marks: number[]) => marks.map((mark) => number.format(mark)),
    };
    const keys = [...(this.nextElementSibling?.querySelectorAll("b") ?? [])];
    /** What stands under the pointer goes behind the names below the chart. */
    const tell = (plot: uPlot): void =>
      keys.forEach((key, index) => {
        const found = plot.cursor.idx == null ? null : plot.data[index]?.[plot.cursor.idx];
        key.textContent = found == null ? "" : number.format(found);
      });
    return {
      width: this.clientWidth,
      height: HEIGHT,
      cursor: { y: false, points: { size: 8 } },
      legend: { show: false },
      hooks: { setCursor: [tell] },
      scales: { x: { time: false, range: () => [0, Math.max(1, this.curves.steps)] } },
      axes: [{ ...axis, grid: { show: false } }, { ...axis, size: 56 }],
      series: [
        {},
        { stroke: colour("--edge"), width: 1, points: { show: false }, spanGaps: true },
        { stroke: colour("--lamp-ink"), width: 2.5, points: { show: false }, spanGaps: true },
        { stroke: colour("--good"), width: 0, paths: () => null, points: { show: true, size: 10, fill: colour("--good") } },
      ],
    };
  }

  /** A canvas does not know light-dark(): an element's own colour is what it resolves to. */
  private colour(value: string): string {
    const probe = document.createElement("i");
    probe.style.color = value;
    this.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  }
}

customElements.define("loss-chart", LossChart);
