/** Times as the reader's zone and language have them, on every page. The server wrote them in UTC (kit/templatetags/shown.py), and that
 * stays as their tooltip. What a swap brings in is told again. */
const parts: Record<string, Intl.DateTimeFormatOptions> = {
  full: { dateStyle: "long", timeStyle: "short" },
  short: { dateStyle: "medium", timeStyle: "short" },
  second: { dateStyle: "medium", timeStyle: "medium" },
  clock: { timeStyle: "short" },
  watch: { timeStyle: "medium" },
  day: { dateStyle: "long" },
  date: { dateStyle: "medium" },
};
const writers = new Map<string, Intl.DateTimeFormat>();

function writer(form: string): Intl.DateTimeFormat {
  const known = writers.get(form) ?? new Intl.DateTimeFormat(document.documentElement.lang, { ...parts[form], hourCycle: "h23" });
  writers.set(form, known);
  return known;
}

/** What was told is marked no more, so that our own writing is no news to the observer. */
function tell(): void {
  for (const time of document.querySelectorAll<HTMLTimeElement>("time[data-as]")) {
    const form = time.dataset.as ?? "full";
    delete time.dataset.as;
    time.title = time.textContent ?? "";
    time.textContent = writer(form).format(new Date(time.dateTime));
  }
}

tell();
new MutationObserver(tell).observe(document.body, { childList: true, subtree: true, attributeFilter: ["data-as"] });
