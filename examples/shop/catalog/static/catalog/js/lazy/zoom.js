import { openDialog } from "../dialog.js";

/** Shows an image as large as the window allows. */
export function zoom(image) {
  const dialog = document.createElement("dialog");
  dialog.className = "zoom";
  dialog.setAttribute("aria-label", image.alt);

  const large = new Image(image.naturalWidth, image.naturalHeight);
  large.src = image.currentSrc;
  large.alt = image.alt;

  const close = document.createElement("button");
  close.type = "button";
  close.className = "close";
  close.dataset.close = "";
  close.setAttribute("aria-label", "Close");
  close.textContent = "×";

  dialog.append(large, close);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  openDialog(dialog);
}
