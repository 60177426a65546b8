// Which address opens which screen.

import { view } from "./choices.js";

export const SCREENS = {
  home: () => import("./screens/home.js"),
  notice: () => import("./screens/circular.js"),
  archive: () => import("./screens/archive.js"),
  events: () => import("./screens/events.js"),
  outbox: () => import("./screens/outbox.js"),
  talks: () => import("./screens/talks.js"),
  town: () => import("./screens/town.js"),
  phones: () => import("./screens/phones.js"),
  settings: () => import("./screens/settings.js"),
  desk: () => import("./screens/desk.js"),
  correct: () => import("./screens/correct.js"),
  homes: () => import("./screens/homes.js"),
  send: () => import("./screens/send-text.js"),
  "send-audience": () => import("./screens/send-audience.js"),
  "send-confirm": () => import("./screens/send-confirm.js"),
  practice: () => import("./screens/practice.js"),
  join: () => import("./screens/join.js"),
  "join-camera": () => import("./screens/join-camera.js"),
  "join-typed": () => import("./screens/join-typed.js"),
  "join-who": () => import("./screens/join-who.js"),
};

/** The screen of `#/notice/ID?q=…`, its parts and its questions. */
export function parse(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [name = "", ...parts] = path.split("/").map(decodeURIComponent);
  const place = { hash, parts, query: new URLSearchParams(query), stranger: false };
  if (name === "join") return { ...place, screen: joinScreen(parts[0]), stranger: true };
  if (name === "send") return { ...place, screen: { audience: "send-audience", confirm: "send-confirm" }[parts[1]] ?? "send" };
  if (name === "practice") return { ...place, screen: "practice" };
  if (name in SCREENS && !name.includes("-")) return { ...place, screen: name };
  return { ...place, screen: view === "desk" ? "desk" : "home" };
}

const joinScreen = (step) => ({ address: "join-typed", check: "join-typed", secret: "join-typed", camera: "join-camera", who: "join-who" })[step] ?? "join";
