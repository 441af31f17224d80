"use strict";

/* Everything said is in the document already. This makes it answer: tables sort and filter, the
   treemap zooms, and sizes are those of the coding that is chosen. */

const UNITS = ["kB", "MB", "GB", "TB", "PB"];

function formatSize(bytes) {
  if (bytes < 1000) return `${bytes}\u00a0B`;
  let value = bytes;
  let unit = "";
  for (unit of UNITS) {
    value /= 1000;
    if (value < 999.5) break;
  }
  const digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return `${value.toFixed(digits)}\u00a0${unit}`;
}

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/* Tables. */

const FIRST_ROWS = 12;
const collator = new Intl.Collator("en", { numeric: true });

function compareCells(one, other) {
  const [left, right] = [one.dataset.value, other.dataset.value];
  if (left !== undefined && right !== undefined) return left - right;
  return collator.compare(one.textContent, other.textContent);
}

class LiveTable {
  constructor(table) {
    this.body = table.tBodies[0];
    this.headings = [...table.tHead.rows[0].cells];
    this.rows = [...this.body.rows];
    this.words = "";
    this.order = table.caption.querySelector("span");
    this.isWhole = this.rows.length <= FIRST_ROWS + 4;
    if (this.rows.length > 1) this.headings.forEach((heading, at) => this.addSort(heading, at));
    if (table.dataset.filter && !this.isWhole) this.addFilter(table);
    if (!this.isWhole) this.addMore(table);
    this.show();
  }

  addSort(heading, at) {
    const button = make("button", { type: "button" }, ...heading.childNodes);
    button.addEventListener("click", () => {
      // Numbers are asked for from the largest, names from the first.
      const isNumber = heading.classList.contains("number") || heading.classList.contains("bars");
      const [first, second] = isNumber ? ["descending", "ascending"] : ["ascending", "descending"];
      this.sort(at, heading.ariaSort === first ? second : first);
    });
    heading.append(button);
  }

  addFilter(table) {
    const input = make("input", { type: "search", autocomplete: "off", spellcheck: false });
    this.status = make("span", { className: "note", role: "status" });
    input.addEventListener("input", () => {
      this.words = input.value.trim().toLowerCase();
      this.show();
    });
    const label = make("label", { className: "field" }, table.dataset.filter, input);
    table.parentElement.before(make("div", { className: "bar" }, label, this.status));
  }

  addMore(table) {
    const said = `Show all ${this.rows.length.toLocaleString("en")}`;
    this.more = make("button", { type: "button", className: "more" }, said);
    this.more.addEventListener("click", () => {
      this.isWhole = true;
      this.show();
      // The button goes; who pressed it goes on where the new rows begin.
      this.rows[FIRST_ROWS].tabIndex = -1;
      this.rows[FIRST_ROWS].focus({ preventScroll: true });
    });
    table.after(this.more);
  }

  sort(at, direction) {
    this.headings.forEach((heading, other) => {
      if (other === at) heading.ariaSort = direction;
      else heading.removeAttribute("aria-sort");
    });
    if (this.order) this.order.hidden = true;
    const sign = direction === "ascending" ? 1 : -1;
    this.rows.sort((one, other) => sign * compareCells(one.cells[at], other.cells[at]));
    this.body.append(...this.rows);
    this.show();
  }

  show() {
    let found = 0;
    for (const row of this.rows) {
      const matches = row.textContent.toLowerCase().includes(this.words);
      found += matches;
      row.hidden = !matches || !(this.isWhole || this.words || found <= FIRST_ROWS);
    }
    if (this.status) this.status.textContent = this.words ? `${found} of ${this.rows.length}` : "";
    if (this.more) this.more.hidden = this.isWhole || this.words !== "";
  }
}

/* The treemap: the same tiles that the document has, laid out again. The direct children of the
   folder that is shown are options of a list box, in which arrow keys go where they point. */

const HEADER = 22;
const PADDING = 3;
const LEAST_WIDTH = 64;
const LEAST_HEIGHT = 54;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function worst(sum, largest, smallest, side) {
  return Math.max((side * side * largest) / (sum * sum), (sum * sum) / (side * side * smallest));
}

function squarify(weights, width, height) {
  const boxes = [];
  const scale = (width * height) / weights.reduce((sum, each) => sum + each, 0);
  let [left, top, row, sum] = [0, 0, [], 0];
  const place = () => {
    const isColumn = width >= height;
    const across = sum / (isColumn ? height : width);
    let along = 0;
    for (const area of row) {
      const length = area / across;
      if (isColumn) boxes.push({ left, top: top + along, width: across, height: length });
      else boxes.push({ left: left + along, top, width: length, height: across });
      along += length;
    }
    if (isColumn) [left, width] = [left + across, Math.max(width - across, 1e-9)];
    else [top, height] = [top + across, Math.max(height - across, 1e-9)];
    [row, sum] = [[], 0];
  };
  for (const weight of weights) {
    const area = weight * scale;
    const side = Math.min(width, height);
    if (
      row.length &&
      worst(sum + area, row[0], area, side) > worst(sum, row[0], row.at(-1), side)
    ) place();
    row.push(area);
    sum += area;
  }
  if (row.length) place();
  return boxes;
}

class Treemap {
  constructor(map, choices) {
    this.map = map;
    this.trail = document.getElementById("trail");
    this.readout = document.getElementById("readout");
    this.find = document.getElementById("find");
    this.only = document.getElementById("only");
    this.choices = choices;
    this.labels = choices.map((each) => each.parentElement.textContent);
    this.root = this.read(map, null);
    this.shown = this.root;
    this.by = choices.findIndex((each) => each.checked);
    this.listen();
    this.trail.hidden = this.readout.hidden = false;
    document.getElementById("tools").hidden = false;
    map.setAttribute("role", "listbox");
    new ResizeObserver(() => this.draw()).observe(map);
  }

  read(element, parent) {
    const data = element.dataset;
    const label = parent ? element.querySelector(":scope > .name").textContent : "";
    const isRest = element.classList.contains("rest");
    const base = parent?.path ? `${parent.path}/` : "";
    const node = {
      element,
      parent,
      label,
      path: parent ? base + label : "",
      sizes: data.sizes.split(" ").map(Number),
      type: data.type || "",
      change: data.change || "",
      count: Number(data.count || 1),
      isRest,
    };
    const inside = parent ? element.querySelector(":scope > .tiles") : element;
    const tiles = [...(inside?.children || [])];
    node.tiles = tiles.map((tile) => this.read(tile, node));
    node.room = inside;
    element.node = node;
    return node;
  }

  listen() {
    const { map } = this;
    map.addEventListener("keydown", (event) => this.onKey(event));
    map.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.open(option.node);
    });
    map.addEventListener("pointerover", (event) => {
      const tile = event.target.closest(".tile");
      if (tile && event.pointerType === "mouse") this.describe(tile.node);
    });
    map.addEventListener("pointerleave", () => this.settle());
    map.addEventListener("focusout", () => this.describe(this.shown));
    map.addEventListener("focusin", (event) => {
      if (event.target.node) this.activate(event.target.node);
    });
    this.trail.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.leave();
    });
    this.find.addEventListener("input", () => this.mark());
    this.only?.addEventListener("change", () => this.mark());
    this.choices.forEach((choice, at) => {
      choice.addEventListener("change", () => {
        this.by = at;
        this.draw();
        chooseColumn(at);
      });
    });
  }

  onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const { key } = event;
    const options = this.options();
    if (key in ARROWS) this.move(...ARROWS[key]);
    else if (key === "Home") options[0].element.focus();
    else if (key === "End") options.at(-1).element.focus();
    else if (key === "Enter" || key === " ") this.open(this.active());
    else if (key === "Escape" || key === "Backspace") this.leave();
    else return;
    event.preventDefault();
  }

  options() {
    return [...this.shown.tiles].sort((one, other) => this.weight(other) - this.weight(one));
  }

  active() {
    return this.map.querySelector("[role=option][tabindex='0']")?.node || this.shown;
  }

  activate(node) {
    for (const each of this.shown.tiles) {
      each.element.tabIndex = each === node ? 0 : -1;
      each.element.ariaSelected = String(each === node);
    }
    this.describe(node);
  }

  /* Says what has the focus, or else the folder. */
  settle() {
    this.describe(this.map.contains(document.activeElement) ? this.active() : this.shown);
  }

  move(right, down) {
    const from = this.active().element.getBoundingClientRect();
    const middle = (box) => [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    const [x, y] = middle(from);
    let [best, nearest] = [null, Infinity];
    for (const { element } of this.shown.tiles) {
      const box = element.getBoundingClientRect();
      // From this edge to the next tile's, which must lie beyond it; then how far aside it is.
      const ahead = right ? right * (right > 0 ? box.left - from.right : box.right - from.left)
        : down * (down > 0 ? box.top - from.bottom : box.bottom - from.top);
      if (ahead < -2) continue;
      const [otherX, otherY] = middle(box);
      const aside = right ? Math.max(box.top - y, y - box.bottom, 0)
        : Math.max(box.left - x, x - box.right, 0);
      const far = right ? Math.abs(otherY - y) : Math.abs(otherX - x);
      const distance = ahead + 4 * aside + far / 1000;
      if (distance < nearest) [best, nearest] = [element, distance];
    }
    best?.focus();
  }

  open(node) {
    if (!node.tiles.length) {
      node.element.focus();
      return;
    }
    this.shown = node;
    this.draw();
    this.options()[0].element.focus({ preventScroll: true });
  }

  leave(to = this.shown.parent) {
    if (!to) return;
    let from = this.shown;
    while (from.parent !== to) from = from.parent;
    this.shown = to;
    this.draw();
    from.element.focus({ preventScroll: true });
  }

  weight(node) {
    return Math.max(node.sizes[this.by], 1);
  }

  draw() {
    const active = this.active();
    for (const option of this.map.querySelectorAll(".tile[role]")) {
      // What stays keeps its tabindex, and with it the focus.
      if (option.node.parent === this.shown) continue;
      for (const name of ["role", "tabindex", "aria-label", "aria-selected"]) {
        option.removeAttribute(name);
      }
    }
    const ways = new Set();
    for (let node = this.shown; node.parent; node = node.parent) ways.add(node);
    for (let node = this.shown; node; node = node.parent) {
      for (const tile of node.tiles) tile.element.hidden = node !== this.shown && !ways.has(tile);
    }
    for (const node of ways) {
      node.element.className = "tile folder bare open";
      node.element.style.cssText = "inset:0";
    }
    this.lay(this.shown, this.map.clientWidth, this.map.clientHeight);
    this.shown.tiles.forEach((tile) => this.offer(tile));
    this.activate(this.shown.tiles.includes(active) ? active : this.options()[0]);
    this.drawTrail();
    this.settle();
    this.mark();
    const where = this.shown.path || "everything";
    const keys = "Arrow keys move, Enter opens a folder, Escape leaves it.";
    this.map.setAttribute("aria-label", `Treemap of ${where}. ${keys}`);
  }

  lay(node, width, height) {
    const tiles = [...node.tiles].sort((one, other) => this.weight(other) - this.weight(one));
    const boxes = squarify(tiles.map((tile) => this.weight(tile)), width, height);
    tiles.forEach((tile, at) => {
      const { element } = tile;
      const box = boxes[at];
      const place = { left: box.left / width, top: box.top / height };
      const extent = { width: box.width / width, height: box.height / height };
      element.style.cssText = Object.entries({ ...place, ...extent })
        .map(([side, part]) => `${side}:${(100 * part).toFixed(3)}%`).join(";");
      element.querySelector(":scope > .size").textContent = formatSize(tile.sizes[this.by]);
      if (tile.tiles.length) this.layFolder(tile, box);
    });
  }

  layFolder(tile, { width, height }) {
    const isBare = width < LEAST_WIDTH || height < LEAST_HEIGHT;
    tile.element.className = `tile folder${isBare ? " bare" : ""}`;
    tile.tiles.forEach((each) => {
      each.element.hidden = false;
    });
    if (isBare) this.lay(tile, width, height);
    else this.lay(tile, width - 2 * PADDING, height - HEADER - PADDING);
  }

  offer(tile) {
    const { element } = tile;
    const what = tile.tiles.length ? "folder, " : "";
    const files = tile.type ? tile.type : `${what}${tile.count.toLocaleString("en")} files`;
    const change = tile.change ? `, ${tile.change}` : "";
    element.setAttribute("role", "option");
    element.ariaLabel = `${tile.label}, ${files}, ${formatSize(tile.sizes[this.by])}${change}`;
    element.tabIndex = -1;
  }

  drawTrail() {
    const parts = [];
    for (let node = this.shown; node; node = node.parent) {
      const said = node.parent ? make("bdi", {}, node.label) : "All files";
      if (node === this.shown) {
        parts.unshift(make("b", {}, said));
        continue;
      }
      const button = make("button", { type: "button" }, said);
      button.addEventListener("click", () => this.leave(node));
      parts.unshift(button, "/");
    }
    this.status = make("span", { className: "note", role: "status" });
    this.trail.replaceChildren(...parts, this.status);
  }

  describe(node) {
    const name = node.isRest
      ? `${node.label} in ${node.parent.path || "the root"}`
      : node.path || "All files";
    const facts = this.labels.map((label, at) => `${label} ${formatSize(node.sizes[at])}`);
    facts.unshift(node.type || `${node.count.toLocaleString("en")} files`);
    if (node.change) facts.push(node.change);
    const said = make("b", {}, make("bdi", {}, name));
    this.readout.replaceChildren(said, " ", make("span", {}, facts.join(" · ")));
  }

  mark() {
    const words = this.find.value.trim().toLowerCase();
    const isAsked = words !== "" || Boolean(this.only?.checked);
    const fits = (node) =>
      `${node.path}\n${node.type}`.toLowerCase().includes(words) &&
      (!this.only?.checked || node.change !== "");
    let found = 0;
    const visit = (node) => {
      if (!node.tiles.length && node.parent) {
        const matches = !node.isRest && fits(node);
        found += matches;
        node.element.classList.toggle("dim", isAsked && !matches);
      }
      node.tiles.forEach(visit);
    };
    visit(this.shown);
    this.status.textContent = isAsked ? `${found.toLocaleString("en")} found` : "";
  }
}

/* On a narrow screen tables show identity, and the coding that is chosen. */

function chooseColumn(at) {
  for (const row of document.querySelectorAll("tr:has(> .choice)")) {
    const sizes = row.querySelectorAll(".choice");
    // The first size, identity, is always there.
    sizes.forEach((cell, index) => cell.classList.toggle("chosen", index === Math.max(at - 1, 0)));
  }
}

document.querySelectorAll("table").forEach((table) => new LiveTable(table));
const map = document.getElementById("map");
if (map) new Treemap(map, [...document.querySelectorAll("input[name=by]")]);
