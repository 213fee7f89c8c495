/** Buttons that copy what stands beside them. Without a clipboard they stay hidden; the text can be selected. Also after a swap. */
for (const button of document.querySelectorAll<HTMLButtonElement>("[data-copy][hidden]")) button.hidden = !navigator.clipboard;

new MutationObserver(() => {
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-copy][hidden]")) button.hidden = !navigator.clipboard;
}).observe(document.body, { childList: true, subtree: true });

document.addEventListener("click", async (event) => {
  const button = (event.target as Element).closest<HTMLButtonElement>("[data-copy]");
  const shown = button && document.getElementById(button.dataset.copy ?? "");
  if (!shown) return;
  await navigator.clipboard.writeText(shown.textContent?.trim() ?? "");
  const before = button.textContent;
  button.textContent = button.dataset.done ?? before;
  setTimeout(() => (button.textContent = before), 2000);
});
