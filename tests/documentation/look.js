// SPDX-FileCopyrightText: 2026 photoyard.immich contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// Loads each page, and sends what is wrong with it at each width, light and dark. `pages`, `widths` and `schemes` are defined before; look.py
// says what is looked for.
"use strict";

const MOST = 4; // sentences about one page: where a table is cut, each of its cells is
const frame = document.querySelector("iframe");

const load = (page) =>
  new Promise((done) => {
    frame.onload = () => {
      const view = frame.contentWindow;
      // Else a colour would be on its way from one scheme to the other.
      view.document.head.append(Object.assign(view.document.createElement("style"), { textContent: "* { transition: none !important; }" }));
      // The theme's script puts tables into boxes of their own, some time after the page has been loaded.
      const waiting = () => [...view.document.querySelectorAll("table.docutils")].some((table) => !table.closest(".wy-table-responsive"));
      const look = (times) => (times && waiting() ? setTimeout(look, 10, times - 1) : done(view));
      look(200);
    };
    frame.style.width = `${widths[0]}px`;
    frame.src = `/${page}`;
  });

// The page has the scheme of its frame: https://www.w3.org/TR/css-color-adjust-1/#color-scheme-effect
const choose = async (view, scheme) => {
  frame.style.colorScheme = scheme;
  while (!view.matchMedia(`(prefers-color-scheme: ${scheme})`).matches) await new Promise((done) => setTimeout(done));
};

// What a colour is, as red, green, blue (0 to 255) and opacity (0 to 1). The canvas reads any form of it.
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const colours = new Map();
const read = (text) => {
  if (!colours.has(text)) {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    colours.set(text, [red, green, blue, alpha / 255]);
  }
  return colours.get(text);
};
const over = (front, back) => [0, 1, 2].map((i) => front[i] * front[3] + back[i] * (1 - front[3])).concat(1);

// What is behind an element's text. `known` has that of elements around it.
const background = (element, view, known) => {
  if (!element) return [255, 255, 255, 1];
  if (!known.has(element)) {
    const colour = read(view.getComputedStyle(element).backgroundColor);
    known.set(element, colour[3] === 1 ? colour : over(colour, background(element.parentElement, view, known)));
  }
  return known.get(element);
};

// Contrast as WCAG 2.2 has it: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
const luminance = ([red, green, blue]) => {
  const [r, g, b] = [red, green, blue].map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (one, other) => {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
};

const called = (element) => {
  const names = [...element.classList].map((name) => `.${name}`).join("");
  return `${element.tagName.toLowerCase()}${names} "${element.textContent.trim().slice(0, 40)}"`;
};

const isSeen = (element, style) => style.visibility !== "hidden" && style.opacity !== "0" && element.getClientRects().length > 0;

// Text that cannot be told from what is behind it: the two colours, and a sentence. Each page has the same colours, so one is said once.
function* faint(view) {
  const said = new Set();
  const backgrounds = new Map();
  const texts = view.document.createTreeWalker(view.document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || element.closest("script, style, noscript, .sr-only")) continue;
    const style = view.getComputedStyle(element);
    if (!isSeen(element, style)) continue;
    const back = background(element, view, backgrounds);
    const front = over(read(style.color), back);
    const size = parseFloat(style.fontSize);
    const wanted = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight) >= 700) ? 3 : 4.5;
    const ratio = contrast(front, back);
    const key = `${style.color} ${back}`;
    if (ratio < wanted && !said.has(key)) {
      said.add(key);
      yield [key, `${called(element)} has contrast ${ratio.toFixed(2)} (${front.slice(0, 3).map(Math.round)} on ${back.slice(0, 3).map(Math.round)})`];
    }
  }
}

// What reaches beyond the page, or is broken inside where it has to be read whole.
function* cut(view) {
  const { documentElement, body } = view.document;
  const width = documentElement.clientWidth;
  if (Math.max(documentElement.scrollWidth, body.scrollWidth) > width) yield "the page scrolls sideways";
  for (const element of view.document.querySelectorAll("h1, h2, h3, h4, h5, .section p, section p, li, img, table")) {
    const style = view.getComputedStyle(element);
    if (!isSeen(element, style) || element.closest("nav, .wy-table-responsive, .highlight")) continue;
    const { left, right } = element.getBoundingClientRect();
    if (right > width + 1 || left < -1 || (style.overflowX !== "auto" && element.scrollWidth > element.clientWidth + 1 && style.display !== "inline"))
      yield `${called(element)} is cut`;
  }
  const range = view.document.createRange();
  for (const part of view.document.querySelectorAll("td code .pre"))
    for (const text of part.childNodes)
      for (const word of text.nodeType === Node.TEXT_NODE ? text.data.matchAll(/\w+/g) : []) {
        range.setStart(text, word.index);
        range.setEnd(text, word.index + word[0].length);
        if (new Set([...range.getClientRects()].map((line) => line.top)).size > 1) yield `${called(part)} is broken inside a word`;
      }
  for (const code of view.document.querySelectorAll("table.scopes .pre"))
    if (new Set([...code.getClientRects()].map((line) => line.top)).size > 1) yield `${called(code)} is broken`;
  for (const pre of view.document.querySelectorAll(".highlight-console pre, .highlight-text pre"))
    if (pre.scrollWidth > pre.clientWidth + 1) yield `${called(pre)} is cut`;
  for (const button of view.document.querySelectorAll("button.copybtn")) {
    const pre = button.parentElement.querySelector("pre");
    const at = button.getBoundingClientRect();
    range.selectNodeContents(pre);
    const shown = pre.getBoundingClientRect();
    const covered = [...range.getClientRects()].some(
      (line) => line.width > 1 && Math.min(line.right, shown.right) > at.left + 2 && line.left < at.right && line.bottom > at.top + 3 && line.top < at.bottom - 3,
    );
    if (covered) yield `${called(pre)} runs under its button`;
  }
}

(async () => {
  const found = [];
  const known = new Set();
  for (const page of pages) {
    const view = await load(page);
    for (const width of widths) {
      frame.style.width = `${width}px`;
      const say = (sentence) => found.push(`${page}: at ${width} px, ${sentence}`);
      [...cut(view)].slice(0, MOST).forEach(say); // whatever the scheme, which has colours alone
      for (const scheme of schemes) {
        await choose(view, scheme);
        for (const [colours, sentence] of faint(view)) {
          const key = `${scheme} ${colours}`;
          if (!known.has(key)) say(`${sentence} (${scheme})`);
          known.add(key);
        }
      }
    }
  }
  await fetch("/found", { method: "POST", body: JSON.stringify(found) });
})();
