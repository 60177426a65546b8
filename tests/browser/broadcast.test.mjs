// A circular the officer sends stands on every phone of the town.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { act, begin, drawn, open, PC } from "./harness/browser.mjs";
import { desk, LETTER, toAudience } from "./screens.mjs";

let here;
before(async () => {
  here = await begin();
});
after(() => here?.over());

test("the officer writes, sees how many homes by app and on paper, sends, and two phones show it without being touched", async () => {
  const { asking, context, demo } = here;
  const [ume, nami] = await Promise.all(["ume", "nami"].map((phone) => open(context, demo, { phone, hash: "#/archive" })));
  const officer = await open(context, demo, { phone: "aozora", view: "desk", viewport: PC, hash: `#/send/${await desk(asking)}` });

  await toAudience(officer);
  await act(officer, "to-confirm").click();
  await drawn(officer, "send-confirm");
  const group = await desk(asking);
  const { groups } = await asking.call("aozora", "desk", { group });
  const own = groups.find(({ id }) => id === group);
  const confirmation = await officer.locator("main, .bottom").allInnerTexts().then((texts) => texts.join(" "));
  for (const figure of [own.app, own.paper, own.households]) assert.ok(confirmation.includes(String(figure)), `${figure} in ${confirmation}`);
  await act(officer, "send").click();

  for (const page of [ume, nami]) await page.locator('[data-act="open-notice"]', { hasText: LETTER.title }).first().waitFor();
  await ume.locator('[data-act="open-notice"]', { hasText: LETTER.title }).click();
  await drawn(ume, "circular");
  assert.match(await ume.locator("article").innerText(), /うすときねは町内会で/);
});
