/** Shows a text by itself, large, until Escape or a click. */
export function read(text) {
  const dialog = document.createElement("dialog");
  dialog.className = "reader";
  dialog.textContent = text;
  dialog.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
