/** Secrets that are shown once: a button that copies them. And a word when the browser's own passkey dialog came to nothing. */
for (const button of document.querySelectorAll<HTMLButtonElement>("[data-copy]")) {
  const shown = document.getElementById(button.dataset.copy ?? "");
  const told = document.querySelector<HTMLElement>(`[data-copied="${button.dataset.copy}"]`);
  button.hidden = !shown || !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(shown?.textContent?.trim() ?? "");
    if (told) told.textContent = told.dataset.done ?? "";
  });
}

document.addEventListener("allauth.error", (event) => {
  const told = document.querySelector<HTMLElement>("[data-trouble]");
  if (!told) return;
  event.preventDefault();
  told.hidden = false;
  told.textContent = told.dataset.trouble ?? "";
});
