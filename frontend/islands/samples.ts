/** Samples: they play, silent and looped, under the pointer, on keyboard focus and by their button; only by the button where motion is
 *  not wanted. Without this file the browser's own controls stand there. */
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** Also what a filter brought in after the page was loaded. */
function armAll(): void {
  for (const frame of document.querySelectorAll<HTMLElement>("[data-sample]:not([data-armed])")) {
    const film = frame.querySelector("video");
    frame.dataset.armed = "";
    if (film) arm(frame, film, frame.querySelector("button"));
  }
}

function arm(frame: HTMLElement, film: HTMLVideoElement, button: HTMLButtonElement | null): void {
  let chosen = false;
  film.controls = false;
  if (button) button.hidden = false;
  const start = () => void film.play().catch(() => frame.classList.remove("playing"));
  const end = () => film.pause();
  const tell = () => {
    frame.classList.toggle("playing", !film.paused);
    button?.setAttribute("aria-label", (film.paused ? button.dataset.play : button.dataset.pause) ?? "");
  };
  film.addEventListener("play", tell);
  film.addEventListener("pause", tell);
  button?.addEventListener("click", () => {
    chosen = film.paused;
    if (chosen) start();
    else end();
  });
  frame.addEventListener("pointerenter", (event) => {
    if (event.pointerType === "mouse" && !calm.matches) start();
  });
  frame.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "mouse" && !chosen) end();
  });
  frame.addEventListener("focusin", (event) => {
    if ((event.target as Element).matches(":focus-visible") && !calm.matches) start();
  });
  frame.addEventListener("focusout", () => {
    if (!chosen) end();
  });
}

armAll();
new MutationObserver(armAll).observe(document.body, { childList: true, subtree: true });
