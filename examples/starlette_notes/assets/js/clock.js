/** The minutes of the day, by the clock of whoever looks. */
export function minutesNow() {
  const now = new Date();
  return now.getHours() * 60 + now.getMinutes();
}

/** When the next boat leaves, in words. */
export function untilNext(boat, now) {
  if (!boat) return "The last boat has gone. The first one leaves in the morning.";
  const minutes = Number(boat.dataset.minutes) - now;
  const to = boat.querySelector("span").textContent;
  if (minutes === 0) return `The boat to ${to} leaves now.`;
  if (minutes < 60) return `The boat to ${to} leaves in ${minutes} min.`;
  return `The next boat, to ${to}, leaves at ${boat.querySelector("time").textContent}.`;
}
