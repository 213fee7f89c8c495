/** Picking a preset writes its numbers into the fields; changing a number picks one's own. Without this the server does the same. */
const form = document.querySelector<HTMLFormElement>("form[data-presets]");
const own = form?.querySelector<HTMLInputElement>('input[name="preset"][value="own"]');

function field(name: string): HTMLInputElement | null {
  return form?.querySelector<HTMLInputElement>(`input[type="number"][name="${name}"]`) ?? null;
}

form?.addEventListener("change", ({ target }) => {
  if (!(target instanceof HTMLInputElement) || target.name !== "preset") return;
  for (const { name, value } of target.attributes) {
    const number = name.startsWith("data-") ? field(name.slice("data-".length)) : null;
    if (number) number.value = value;
  }
});

form?.addEventListener("input", ({ target }) => {
  if (own && target instanceof HTMLInputElement && target.type === "number" && target.name !== "seed") own.checked = true;
});
