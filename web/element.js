// Builds nodes and settles a new drawing onto the page, so that focus, scroll and what is being read stay where they are.

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = new Set(["svg", "path", "circle", "rect", "text", "g", "polyline", "line"]);
const HANDLERS = ["onclick", "oninput", "onchange", "onsubmit", "onkeydown", "ontoggle"];

/** A node. Text is always text: nothing that somebody wrote is ever read as markup. */
export function element(tag, attributes = {}, ...children) {
  const node = SHAPES.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node[name] = value;
    else if (name === "value" && "value" in node && tag !== "li") node.value = value;
    else if (name === "checked") {
      node.checked = true;
      node.setAttribute("checked", "");
    } else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return node;
}

/** Words only a reader of screens hears. */
export const heard = (...words) => element("span", { class: "heard" }, ...words);

/** Makes `parent` hold `fresh`, keeping every node that is still the same thing. */
export function settle(parent, fresh) {
  const wanted = fresh.flat(Infinity).filter((node) => node !== undefined && node !== null && node !== false);
  const old = [...parent.childNodes];
  const byKey = new Map(old.filter((node) => node.dataset?.key).map((node) => [node.dataset.key, node]));
  const kept = new Set();
  let place = parent.firstChild;
  for (const given of wanted) {
    const node = typeof given === "string" ? document.createTextNode(given) : given;
    const key = node.dataset?.key;
    let same = key ? byKey.get(key) : nextUnkeyed(place, kept);
    if (same && (!alike(same, node) || kept.has(same))) same = undefined;
    if (same) {
      kept.add(same);
      become(same, node);
      if (same !== place) parent.insertBefore(same, place);
      else place = place.nextSibling;
    } else {
      parent.insertBefore(node, place);
      kept.add(node);
    }
    while (place && kept.has(place)) place = place.nextSibling;
  }
  for (const node of old) if (!kept.has(node)) node.remove();
}

function nextUnkeyed(place, kept) {
  let node = place;
  while (node && (kept.has(node) || node.dataset?.key)) node = node.nextSibling;
  return node;
}

const alike = (one, other) =>
  one.nodeType === other.nodeType && one.nodeName === other.nodeName && (one.dataset?.key ?? "") === (other.dataset?.key ?? "");

function become(old, fresh) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && !own(old, name)) old.removeAttribute(name);
  for (const { name, value } of [...fresh.attributes]) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const handler of HANDLERS) if (old[handler] !== fresh[handler]) old[handler] = fresh[handler];
  if ("checked" in old && old.checked !== fresh.checked) old.checked = fresh.checked;
  if (old.localName === "select" || old.localName === "textarea" || old.localName === "input") {
    settle(old, [...fresh.childNodes]);
    // What is being typed is the typist's.
    if (document.activeElement !== old && old.value !== fresh.value) old.value = fresh.value;
    return;
  }
  settle(old, [...fresh.childNodes]);
}

// Whether somebody opened it, a moving picture runs in it, or a reading lights it: not the drawing's to say.
const own = (node, name) => (name === "open" && node.localName === "details") || name === "data-lit";
