// How text is broken into lines: never inside a date, a time or a count, and at the sentences of a short note.

import { element } from "./element.js";
import { language } from "./word.js";

const WHOLE = /(?:午前|午後|朝|夜|夕方|昼)?[0-9０-９]+(?:年|月|日|時|分|世帯|件|人|円|班|枚|回|名|台|文字|番|%)(?:[0-9０-９]+(?:月|日|時|分))*半?(?:（[^（）]{1,2}）)?/gu;

const JAPANESE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;

/** Whether something is written in Japanese, whatever the screens speak. */
export const isJapanese = (said) => JAPANESE.test(said);

/** Text whose dates, times and counts stay whole; what is Japanese on an English screen says so. */
export function text(said) {
  return language() === "en" && isJapanese(said) ? element("span", { lang: "ja" }, whole(said)) : whole(said);
}

function whole(said) {
  const pieces = [];
  let from = 0;
  for (const { 0: found, index } of said.matchAll(WHOLE)) {
    if (index > from) pieces.push(said.slice(from, index));
    pieces.push(element("span", { class: "whole" }, found));
    from = index + found.length;
  }
  if (from < said.length) pieces.push(said.slice(from));
  return pieces;
}

/** A short note: each of its sentences, and what a wide space sets apart, begins a line of its own where there is no room. */
export function note(said) {
  const pieces = said.split(/(?<=。)|　/u).filter((piece) => piece !== "");
  const style = said.includes("　") ? "pieces apart" : "pieces";
  return element("span", { class: style }, pieces.map((piece, place) => [place > 0 && " ", element("span", { class: "piece" }, text(piece))]));
}

/** What somebody wrote, by its paragraphs. */
export const paragraphs = (said) => said.split(/\n+/u).filter((line) => line.trim() !== "").map((line) => element("p", {}, text(line)));
