import { lines, onChange, setQuantity, totalPence } from "./cart.js";
import { openDialog } from "./dialog.js";
import { formatPence } from "./money.js";

const dialog = document.querySelector("[data-basket]");
const list = dialog.querySelector("[data-basket-lines]");
const template = document.getElementById("basket-line");

function drawLine({ slug, name, url, pence, quantity }) {
  const row = template.content.cloneNode(true);
  const at = (part) => row.querySelector(`[data-line-${part}]`);
  at("name").textContent = name;
  at("name").href = url;
  at("price").textContent = formatPence(pence * quantity);
  at("quantity").textContent = quantity;
  for (const [part, step, label] of [["fewer", -1, "One fewer"], ["more", 1, "One more"]]) {
    at(part).setAttribute("aria-label", `${label}: ${name}`);
    at(part).addEventListener("click", () => {
      setQuantity(slug, quantity + step);
      refocus(slug, part);
    });
  }
  row.querySelector("li").dataset.slug = slug;
  return row;
}

// The list is drawn anew at each change, so the button just pressed has to be found again.
function refocus(slug, part) {
  const same = list.querySelector(`[data-slug="${slug}"] [data-line-${part}]`);
  (same ?? dialog.querySelector("[data-close]")).focus();
}

function draw() {
  const drawn = lines();
  list.replaceChildren(...drawn.map(drawLine));
  dialog.querySelector("[data-basket-empty]").hidden = drawn.length > 0;
  dialog.querySelector("[data-basket-foot]").hidden = drawn.length === 0;
  dialog.querySelector("[data-basket-total]").textContent = formatPence(totalPence());
}

export function openBasket() {
  openDialog(dialog);
}

draw();
onChange(draw);
