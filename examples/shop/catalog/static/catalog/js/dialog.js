/** Opens a dialog that closes by Escape, by its close button, or by a click beside it. */
export function openDialog(dialog) {
  dialog.onclick = (event) => {
    if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
  };
  dialog.showModal();
}
