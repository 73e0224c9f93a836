// Making and changing what is on the page. Whatever comes from outside becomes text nodes, never markup.

const SVG = "http://www.w3.org/2000/svg";
/** What is invisible, or turns the direction of writing. */
const HIDDEN = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** The element of an id. */
export function el(id) {
  return document.getElementById(id);
}

/** A new element; `props` are attributes, children are nodes, texts, or null for nothing. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, shown(value));
  }
  const nodes = children.filter((child) => child !== null);
  element.append(...nodes.map((child) => child instanceof Node ? child : shown(child)));
  return element;
}

/** Text of others as people may see it: what would deceive the eye is spelled out. */
export function shown(text) {
  return String(text).replace(HIDDEN, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
}

/** Sets the text of an element, and touches the page only if it is another. */
export function say(id, text) {
  const element = el(id);
  if (element.textContent !== shown(text)) element.textContent = shown(text);
}

/** Gives an element these children. What stays the same is not touched: focus, scrolling and selection survive. */
export function put(parent, ...nodes) {
  changeChildren(parent, h("div", {}, ...nodes));
}

/** Makes an element like a fresh one. */
export function change(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (!(old instanceof Element) || old.tagName !== fresh.tagName) return old.replaceWith(fresh);
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  changeChildren(old, fresh);
}

function changeChildren(parent, fresh) {
  const olds = [...parent.childNodes];
  const news = [...fresh.childNodes];
  for (const [index, node] of news.entries()) {
    if (index < olds.length) change(olds[index], node);
    else parent.append(node);
  }
  for (const old of olds.slice(news.length)) old.remove();
}

/** A state by icon, word and colour. */
export function badge(state) {
  const name = el(`icon-${state}`) ? state : "queued";
  return h("span", { class: `state ${name}` }, icon(name), state.replace("-", " "));
}

function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** A link that leaves the page in another tab. */
export function outside(href, text) {
  return h("a", { href, target: "_blank", rel: "noopener" }, text);
}
