"use strict";

const byId = (id) => document.getElementById(id);
const read = (element) => JSON.parse(element.textContent);

const about = read(byId("about"));
const blocks = [...document.querySelectorAll("script.block")].map(read);
const means = read(byId("averages"));

const BADNESS = { high: (v) => -v, low: (v) => v, one: (v) => Math.abs(v - 1) }; // Metric.badness of choice.py
const LUMA = [0.299, 0.587, 0.114]; // of BT.601
const STRIP = 256; // rows that an error map is computed of at once: all of a large picture would take gigabytes
const STEPS = [1 / 16, 1 / 8, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64];
const LARGEST = STEPS.at(-1);

// A picture's number is 0 for the truth, 1 for the block's first method and so on. `column` is the sorted metric's
// number, -1 for the methods' names. `zoom` is in pixels of the screen for one of the picture; x and y are the place
// of the picture, in its pixels, that is in the middle of a pane.
const state = {
  block: 0, left: 0, right: 0, means: false, errors: false, sides: false,
  column: 0, reversed: false, zoom: 1, x: 0, y: 0, fitted: true, divider: 50,
};
const block = () => blocks[state.block];
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

// ---- the table

const ofScale = ({ scale }) => scale === block().scale;
const rowsShown = () => (state.means ? means.filter(ofScale) : block().rows);
const compare = (a, b) => (a > b) - (a < b); // a difference of infinities would be no number
const numberOf = (row, column) => (row.values[column] === null ? null : Number(row.values[column])); // "Infinity"
const pictureOf = (row) => block().pictures.indexOf(row.method) + 1;

function sorted(rows) {
  const sign = state.reversed ? -1 : 1;
  if (state.column < 0) return [...rows].sort((a, b) => sign * compare(a.method, b.method));
  const value = (row) => numberOf(row, state.column);
  const badness = (row) => BADNESS[about.metrics[state.column].better](value(row));
  const none = (row) => value(row) === null; // is last, either way
  return [...rows].sort((a, b) => none(a) - none(b) || sign * compare(badness(a), badness(b)));
}

function figure(value, { decimals }) {
  if (value === null) return "–";
  const size = Math.abs(value);
  return (value < 0 ? "−" : "") + (size === Infinity ? "∞" : size.toFixed(decimals));
}

// The text of the best value of a column: whatever reads the same is as good.
function bestOf(rows, metric, column) {
  const values = rows.map((row) => numberOf(row, column)).filter((value) => value !== null);
  if (rows.length < 2 || !values.length) return null;
  const badness = BADNESS[metric.better];
  return figure(values.reduce((a, b) => (badness(b) < badness(a) ? b : a)), metric);
}

function line(row, bests) {
  const number = pictureOf(row);
  const name = make("button", { type: "button", title: "Show on the right", disabled: !number }, row.method);
  const cells = about.metrics.map((metric, column) => {
    const text = figure(numberOf(row, column), metric);
    return make("td", text === bests[column] ? { className: "best", title: "best" } : {}, text);
  });
  const element = make("tr", {}, make("th", { scope: "row" }, name), ...cells);
  element.dataset.picture = number;
  if (number) element.addEventListener("click", () => change("right", number));
  return element;
}

function fillTable() {
  const rows = rowsShown();
  const bests = about.metrics.map((metric, column) => bestOf(rows, metric, column));
  byId("rows").replaceChildren(...sorted(rows).map((row) => line(row, bests)));
  byId("caption").textContent = state.means ? meansTitle() : blockTitle(block());
  [...byId("heads").children].forEach((head, number) => markHead(head, number - 1));
  markRow();
}

function markHead(head, column) {
  // Best first is descending where high is good; a distance from one, and names, ascend.
  const falls = column >= 0 && about.metrics[column].better === "high";
  const order = falls === state.reversed ? "ascending" : "descending";
  head.ariaSort = column === state.column ? order : null;
}

function markRow() {
  for (const row of byId("rows").children) {
    row.ariaCurrent = state.right && Number(row.dataset.picture) === state.right ? "true" : null;
  }
}

function sortBy(column) {
  Object.assign(state, { column, reversed: column === state.column && !state.reversed });
  fillTable();
}

function fillHeads() {
  const columns = [{ name: "method", unit: "", about: "" }, ...about.metrics];
  const heads = columns.map(({ name, unit, about: title }, number) => {
    const told = unit && unit !== name ? [" ", make("small", {}, unit)] : [];
    const button = make("button", { type: "button", title }, name, ...told);
    button.addEventListener("click", () => sortBy(number - 1));
    return make("th", { scope: "col" }, button);
  });
  byId("heads").replaceChildren(...heads);
}

// ---- choosing

const blockTitle = ({ image, scale }) => `${image} ${scale}`.trim();

const meansTitle = () => `mean of ${blocks.filter(ofScale).length} images ${block().scale}`.trim();

// Go to another image, with the same methods left and right if it has them.
function chooseBlock(number) {
  const names = [block().pictures[state.left - 1], block().pictures[state.right - 1]];
  state.block = number;
  const { pictures, width, height } = block();
  const [left, right] = names.map((name) => pictures.indexOf(name) + 1);
  Object.assign(state, { left, right: right || sorted(block().rows).map(pictureOf).find((each) => each) || 0 });
  byId("size").textContent = `${width} × ${height} pixels`;
  byId("viewer").hidden = !pictures.length;
  byId("averaged").hidden = !means.some(ofScale);
  state.means = byId("means").checked && !byId("averaged").hidden;
  for (const side of ["left", "right"]) {
    fillSelect(byId(side), ["truth", ...pictures]);
    layer(side).replaceChildren();
  }
  loaded.clear();
  fillTable();
  state.fitted = true;
  show();
}

const fillSelect = (select, names) =>
  select.replaceChildren(...names.map((name, value) => make("option", { value }, name)));

function change(what, value) {
  state[what] = value;
  markRow();
  show();
}

// Show the next method on the right, in the table's order.
function step(by) {
  const numbers = sorted(rowsShown()).map(pictureOf).filter((number) => number);
  const now = numbers.includes(state.right) ? numbers.indexOf(state.right) : -(by > 0);
  change("right", numbers.at((now + by) % numbers.length) ?? 0);
}

// ---- pictures

const layer = (side) => byId(`pane-${side}`).firstElementChild;
const loaded = new Map(); // the block's pictures, by who uses them and number

function load(user, number) {
  const key = `${user} ${number}`;
  if (!loaded.has(key)) loaded.set(key, decoded(byId(`picture-${state.block}-${number}`).textContent));
  return loaded.get(key);
}

async function decoded(text) {
  const image = make("img", { src: `data:image/${about.format};base64,${text}`, alt: "", draggable: false });
  await image.decode();
  return image;
}

let turns = 0; // calls of show() so far: the pictures of the last may be decoded before those of others

async function show() {
  const turn = ++turns;
  showChoice();
  if (!block().pictures.length) return;
  let [pictures, message] = [[], ""];
  try {
    pictures = await Promise.all([load("left", state.left), load("right", state.right), load("left", 0)]);
    if (turn === turns && state.errors) pictures[1] = errorMap(pictures[2], pictures[1]);
  } catch (error) {
    message = `These pictures cannot be shown: ${error.message}`;
    pictures.splice(1); // no picture where a map is announced
  }
  if (turn !== turns) return;
  byId("status").textContent = message;
  ["left", "right"].forEach((side, number) => layer(side).replaceChildren(...pictures.slice(number, number + 1)));
  render();
}

function showChoice() {
  const names = ["truth", ...block().pictures];
  for (const side of ["left", "right"]) {
    byId(side).value = state[side];
    layer(side).nextElementSibling.textContent = names[state[side]];
  }
  if (state.errors) layer("right").nextElementSibling.append(", error");
  for (const id of ["errors", "sides"]) byId(id).setAttribute("aria-pressed", state[id]);
  byId("stage").classList.toggle("sides", state.sides);
  byId("legend").hidden = !state.errors;
  byId("limit").textContent = `${block().limit} of 255 levels, or more`;
  render();
}

const contextOf = (width, height) => make("canvas", { width, height }).getContext("2d", { willReadFrequently: true });

// Rows of a picture, on mid-grey where it is transparent.
function samplesOf(image, context, top, rows) {
  const width = image.naturalWidth;
  context.fillStyle = "#808080";
  context.fillRect(0, 0, width, rows);
  context.drawImage(image, 0, top, width, rows, 0, 0, width, rows);
  return context.getImageData(0, 0, width, rows);
}

function errorMap(truth, picture) {
  const { width, height, limit } = block();
  const map = contextOf(width, height);
  const scratch = contextOf(width, Math.min(STRIP, height));
  for (let top = 0; top < height; top += STRIP) {
    const rows = Math.min(STRIP, height - top);
    const strip = samplesOf(truth, scratch, top, rows);
    paint(strip.data, samplesOf(picture, scratch, top, rows).data, limit);
    map.putImageData(strip, 0, top);
  }
  // Past its limits a browser leaves a canvas clear.
  if (!map.getImageData(0, height - 1, 1, 1).data[3]) throw new Error("they are too large for an error map here");
  return map.canvas;
}

// Replace the truth's samples by the colours of the errors.
function paint(truth, samples, limit) {
  for (let i = 0; i < truth.length; i += 4) {
    let error = 0;
    for (let c = 0; c < 3; c++) error += LUMA[c] * (truth[i + c] - samples[i + c]);
    const colour = about.colours[Math.min(255, Math.round((255 * Math.abs(error)) / limit))];
    for (let c = 0; c < 3; c++) truth[i + c] = colour[c];
  }
}

// ---- zoom, pan and divider

const pane = (side = "right") => byId(`pane-${side}`).getBoundingClientRect(); // both are of one size
const scaled = () => state.zoom / devicePixelRatio;

function render() {
  if (state.fitted) Object.assign(state, fitting());
  const { width, height } = pane();
  // On whole pixels of the screen, so that 1:1 is the picture itself.
  const [left, top] = [width / 2 - state.x * scaled(), height / 2 - state.y * scaled()].map(
    (offset) => Math.round(offset * devicePixelRatio) / devicePixelRatio,
  );
  for (const picture of document.querySelectorAll(".layer > *")) {
    picture.style.transform = `translate(${left}px, ${top}px) scale(${scaled()})`;
    picture.style.imageRendering = state.zoom > 1 ? "pixelated" : "auto";
  }
  byId("zoom").textContent = `${Math.round(100 * state.zoom)} %`;
  moveDivider(state.divider);
}

function moveDivider(to) {
  state.divider = clamp(to, 0, 100);
  byId("divider").style.left = `${state.divider}%`;
  byId("divider").setAttribute("aria-valuenow", Math.round(state.divider));
  byId("pane-left").style.clipPath = state.sides ? "none" : `inset(0 ${100 - state.divider}% 0 0)`;
}

// Above 1:1 a whole zoom, which shows all pixels alike.
function fitting() {
  const { width, height } = block();
  const zoom = Math.min(pane().width / width, pane().height / height) * devicePixelRatio;
  return { zoom: clamp(zoom > 1 ? Math.floor(zoom) : zoom, 0.001, LARGEST), x: width / 2, y: height / 2 };
}

function fit() {
  state.fitted = true;
  render();
}

// Zoom with the picture held at a place of the pane, given in CSS pixels from its middle.
function zoomTo(zoom, [x, y] = [0, 0]) {
  const before = scaled();
  state.zoom = clamp(zoom, Math.min(STEPS[0], fitting().zoom), LARGEST);
  pan(x - (x * scaled()) / before, y - (y * scaled()) / before);
}

function zoomStep(by) {
  const further = STEPS.filter((zoom) => by * (zoom - state.zoom) > 1e-6);
  zoomTo(further.at(by > 0 ? 0 : -1) ?? state.zoom);
}

// Move the pictures by CSS pixels.
function pan(x, y) {
  const { width, height } = block();
  Object.assign(state, { x: clamp(state.x - x / scaled(), 0, width), y: clamp(state.y - y / scaled(), 0, height) });
  state.fitted = false;
  render();
}

// A pointer's place in the pane that it is in, from its middle.
function placeOf({ clientX, clientY }) {
  const left = pane("left");
  const { x, y, width, height } = clientX < left.right && clientY < left.bottom ? left : pane();
  return [clientX - x - width / 2, clientY - y - height / 2];
}

function wheel(event) {
  event.preventDefault();
  const pixels = event.deltaY * (event.deltaMode ? 30 : 1);
  zoomTo(state.zoom * Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.002)), placeOf(event)); // ctrl: two fingers
}

const pointers = new Map(); // that are down on the stage
const distance = (a, b) => Math.max(1, Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY));
const middle = (a, b) => ({ clientX: (a.clientX + b.clientX) / 2, clientY: (a.clientY + b.clientY) / 2 });

function pointerDown(event) {
  if (event.button || event.target.closest("#divider")) return;
  byId("stage").setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, event);
}

function pointerMove(event) {
  const before = pointers.get(event.pointerId);
  if (!before) return;
  pointers.set(event.pointerId, event);
  const other = [...pointers.values()].find(({ pointerId }) => pointerId !== event.pointerId);
  const share = other ? 0.5 : 1; // of two fingers the middle moves by half
  pan((event.clientX - before.clientX) * share, (event.clientY - before.clientY) * share);
  if (other) zoomTo((state.zoom * distance(event, other)) / distance(before, other), placeOf(middle(event, other)));
}

function dragDivider(event) {
  const { left, width } = byId("stage").getBoundingClientRect();
  if (byId("divider").hasPointerCapture(event.pointerId)) moveDivider((100 * (event.clientX - left)) / width);
}

// ---- keys

const KEYS = {
  "+": () => zoomStep(1), "=": () => zoomStep(1), "-": () => zoomStep(-1), 0: fit, 1: () => zoomTo(1),
  e: () => change("errors", !state.errors), s: () => change("sides", !state.sides),
  "[": () => step(-1), "]": () => step(1), "?": showKeys,
};
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function showKeys() {
  byId("keys").open = !byId("keys").open;
  byId("keys").scrollIntoView({ block: "nearest" });
}

function keyDown(event) {
  const chord = event.metaKey || ((event.ctrlKey || event.altKey) && !event.getModifierState("AltGraph"));
  if (chord || event.target.closest("select, input, textarea") || byId("viewer").hidden) return;
  const action = KEYS[event.key] ?? arrow(event);
  if (!action) return;
  event.preventDefault();
  action();
}

function arrow({ key, shiftKey, target }) {
  const [x, y] = ARROWS[key] ?? [0, 0];
  if (target.id === "stage") return (x || y) && (() => pan(-40 * x, -40 * y));
  if (target.id !== "divider") return null;
  if (key === "Home" || key === "End") return () => moveDivider(key === "Home" ? 0 : 100);
  return (x || y) && (() => moveDivider(state.divider + (x - y) * (shiftKey ? 10 : 1)));
}

function listen() {
  const on = (id, name, action) => byId(id).addEventListener(name, action, { passive: false });
  const clicks = { smaller: KEYS["-"], larger: KEYS["+"], actual: KEYS[1], fit, errors: KEYS.e, sides: KEYS.s };
  for (const [id, action] of Object.entries(clicks)) on(id, "click", action);
  on("image", "change", ({ target }) => chooseBlock(Number(target.value)));
  for (const side of ["left", "right"]) on(side, "change", ({ target }) => change(side, Number(target.value)));
  on("means", "change", ({ target }) => ((state.means = target.checked), fillTable()));
  const actions = { wheel, dblclick: fit, pointerdown: pointerDown, pointermove: pointerMove };
  for (const [name, action] of Object.entries(actions)) on("stage", name, action);
  for (const name of ["pointerup", "pointercancel"]) on("stage", name, (event) => pointers.delete(event.pointerId));
  on("divider", "pointerdown", (event) => byId("divider").setPointerCapture(event.pointerId));
  on("divider", "pointermove", dragDivider);
  document.addEventListener("keydown", keyDown);
  new ResizeObserver(render).observe(byId("stage"));
}

function start() {
  document.querySelector("main").hidden = false;
  byId("chooser").hidden = blocks.length < 2;
  byId("title").hidden = blocks.length > 1;
  byId("title").textContent = blockTitle(block());
  fillSelect(byId("image"), blocks.map(blockTitle));
  byId("lossy").hidden = about.format !== "jpeg";
  fillHeads();
  byId("scale").style.background = `linear-gradient(to right, ${about.colours.map((colour) => `rgb(${colour})`)})`;
  listen();
  chooseBlock(0);
}

if (blocks.length) start();
