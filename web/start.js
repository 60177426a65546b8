// Opens the phone's screens: language, choices, the facade, and the first screen.

import { open } from "./app.js";
import { choose, chosen, phone, show } from "./choices.js";
import { facade } from "./facade.js";
import { listen } from "./live.js";
import { speak } from "./word.js";

show();
await speak(chosen("lang"));
const app = await open(facade(phone));
listen((event, record) => {
  if (event === "hello") app.changed();
  if (event === "changed" && record.phone === phone) app.changed(record.screens);
});
// The page around this one may choose the look for it.
addEventListener("message", async ({ origin, data }) => {
  if (origin !== location.origin || data?.kairan !== "choose") return;
  choose(data.what, data.value);
  if (data.what === "lang") await speak(data.value);
  app.repaint();
});
