// What is in the basket, kept in localStorage: [{ slug, name, pence, url, quantity }].
// Only this file reads or writes it. No static URL is stored, since those change with each release.

const KEY = "steep-lane.cart";
const MOST = 20;

const changes = new EventTarget();

function isLine(line) {
  return typeof line?.slug === "string" && Number.isInteger(line.pence) && line.quantity > 0;
}

export function lines() {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(stored) ? stored.filter(isLine) : [];
  } catch {
    return [];
  }
}

function keep(kept) {
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // Storage is full or forbidden: the basket stays as it was.
  }
  changes.dispatchEvent(new Event("change"));
}

export function add(product, quantity = 1) {
  const kept = lines();
  const line = kept.find(({ slug }) => slug === product.slug);
  if (line) {
    line.quantity = Math.min(line.quantity + quantity, MOST);
  } else {
    kept.push({ ...product, quantity: Math.min(quantity, MOST) });
  }
  keep(kept);
}

/** Zero takes the line out. */
export function setQuantity(slug, quantity) {
  keep(
    lines()
      .map((line) => (line.slug === slug ? { ...line, quantity: Math.min(quantity, MOST) } : line))
      .filter(isLine),
  );
}

export function count() {
  return lines().reduce((sum, line) => sum + line.quantity, 0);
}

export function totalPence() {
  return lines().reduce((sum, line) => sum + line.quantity * line.pence, 0);
}

/** Calls back at each change, whether made here or in another tab. */
export function onChange(callback) {
  changes.addEventListener("change", callback);
  window.addEventListener("storage", (event) => {
    if (event.key === KEY || event.key === null) callback();
  });
}
