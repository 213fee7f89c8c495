/** Files let go anywhere on the page count as let go in `zone`: beside it they would otherwise replace the page, and end what it is at. */
export function whereverDropped(zone: HTMLElement, take: (transfer: DataTransfer) => void): void {
  const files = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
  document.addEventListener("dragover", (event) => {
    if (!files(event)) return;
    event.preventDefault();
    zone.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget === null && zone.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    if (!files(event)) return;
    event.preventDefault();
    zone.classList.remove("over");
    take(event.dataTransfer!);
  });
}
