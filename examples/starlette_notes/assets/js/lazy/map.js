import { minutesNow } from "../clock.js";

const ROUTE = new URL("../../img/route.svg", import.meta.url);
const BOAT = new URL("../../img/ferry.svg", import.meta.url);

// Of the map's width: the first pier and the last.
const [START, END] = [60 / 720, 660 / 720];
// Minutes, as in timetable.py: there, there and back, at rest at either end.
const [THERE, ROUND, REST] = [24, 60, 6];

/** How far the boat is: 0 at the first pier, 1 at the last. */
function progress(minute) {
  if (minute <= THERE) return minute / THERE;
  const back = ROUND - REST - THERE;
  return minute < back ? 1 : Math.max(0, 1 - (minute - back) / THERE);
}

function picture(url, alt) {
  const image = new Image();
  image.src = url;
  image.alt = alt;
  return image;
}

/** Draws the way from pier to pier, with the boat where it should be by now. */
export function drawMap(map) {
  const boat = picture(BOAT, "The boat");
  boat.className = "map__boat";
  // Set by script: a policy without inline styles allows that.
  boat.style.left = `${(START + (END - START) * progress(minutesNow() % ROUND)) * 100}%`;
  map.replaceChildren(picture(ROUTE, "From Old Quay by Mill Steps to the Island"), boat);
  map.hidden = false;
}
