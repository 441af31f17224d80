import { openBasket } from "./basket.js";
import { add, count, onChange } from "./cart.js";
import { formatPence } from "./money.js";

const productOf = ({ dataset: { slug, name, url, pence } }) => ({ slug, name, url, pence: Number(pence) });

function showCount() {
  const total = count();
  for (const badge of document.querySelectorAll("[data-cart-count]")) {
    badge.textContent = total;
    badge.classList.toggle("badge--full", total > 0);
  }
}

function thank(button) {
  button.classList.add("button--done");
  setTimeout(() => button.classList.remove("button--done"), 900);
}

showCount();
onChange(showCount);

for (const button of document.querySelectorAll("[data-basket-open]")) {
  button.addEventListener("click", openBasket);
}

for (const button of document.querySelectorAll("[data-add]")) {
  button.addEventListener("click", () => {
    add(productOf(button));
    thank(button);
  });
}

for (const form of document.querySelectorAll("[data-buy]")) {
  const quantity = form.elements.quantity;
  const wanted = () => Math.max(1, Math.trunc(quantity.valueAsNumber) || 1);

  form.addEventListener("input", () => {
    form.querySelector("[data-buy-total]").textContent = formatPence(wanted() * Number(form.dataset.pence));
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    add(productOf(form), wanted());
    openBasket();
  });
}

// Most visitors never look closer, so the code for it is fetched at the first click.
for (const button of document.querySelectorAll("[data-zoom]")) {
  button.addEventListener("click", async () => {
    const { zoom } = await import("./lazy/zoom.js");
    zoom(button.querySelector("img"));
  });
}
