import { minutesNow, untilNext } from "./clock.js";

const boats = [...document.querySelectorAll("[data-minutes]")];
const map = document.querySelector("[data-map]");

function draw() {
  const now = minutesNow();
  const next = boats.find((boat) => Number(boat.dataset.minutes) >= now);
  for (const boat of boats) {
    boat.classList.toggle("is-gone", Number(boat.dataset.minutes) < now);
    boat.classList.toggle("is-next", boat === next);
  }
  document.querySelector("[data-next]").textContent = untilNext(next, now);
}

draw();
setInterval(draw, 10_000);

document.querySelector("[data-where]").addEventListener("click", async () => {
  // The map comes when somebody asks for it.
  const { drawMap } = await import("./lazy/map.js");
  drawMap(map);
});
