// 「電波を切る」: nothing leaves the phone, nothing is lost, and what waited goes out once.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { act, begin, drawn, open } from "./harness/browser.mjs";
import { until } from "./harness/demo.mjs";
import { desk, sent, unread } from "./screens.mjs";

let here;
before(async () => {
  here = await begin();
});
after(() => here?.over());

/** The homes that have pressed their seal, as the officer's desk counts them. */
async function acknowledged(notice) {
  const group = await desk(here.asking);
  const { counts } = await here.asking.call("aozora", "desk_notice", { group, notice });
  return counts.acknowledged;
}

test("without a network うめ's 「見ました」 stays on her phone and says so; with one it arrives once", async () => {
  const { asking, context, demo } = here;
  const notice = await unread(asking);
  const page = await open(context, demo, { hash: `#/notice/${notice}` });
  await sent(asking);
  const counted = await acknowledged(notice);

  await asking.network("ume", true);
  const before = await asking.requests("ume");
  await act(page, "seen").click();
  await page.locator(".arrived.waiting").waitFor();
  await open(context, demo, { page, hash: "#/outbox" });
  assert.match(await page.locator("main").innerText(), /保存しました。\s*つながると自動で送ります。/);
  await act(page, "sync").click();
  await drawn(page);
  assert.equal(await asking.requests("ume"), before, "no request left the phone");
  assert.equal(await acknowledged(notice), counted, "nothing has arrived");

  await asking.network("ume", false);
  await page.locator('[data-key="empty"]').waitFor();
  await until(() => acknowledged(notice), (now) => now === counted + 1);
  assert.ok((await asking.requests("ume")) > before, "the waiting went out by itself");

  // Once: whatever the phone sends from now on, the count stays.
  await asking.call("ume", "sync");
  await asking.call("aozora", "sync");
  assert.equal(await acknowledged(notice), counted + 1);
  await page.close();
});

test("how one feels waits with the strip on the home screen, and the strip goes by itself", async () => {
  const { asking, context, demo } = here;
  await asking.network("nami", true);
  const page = await open(context, demo, { phone: "nami" });
  await act(page, "mood-good").click();
  const consent = act(page, "consent-yes");
  await page.locator('[data-act="consent-yes"], .said').first().waitFor();
  if (await consent.isVisible()) await consent.click();
  await act(page, "open-waiting").waitFor();
  assert.match(await act(page, "open-waiting").innerText(), /送信待ち \d件　?\s*保存しました/);
  assert.match(await page.locator("#status").innerText(), /まだ送っていません。この電話に保存しました/);

  await asking.network("nami", false);
  await act(page, "open-waiting").waitFor({ state: "detached" });
  await page.locator(".said", { hasText: "に届きました" }).waitFor();
  assert.match(await page.locator("#status").innerText(), /今日は『良い』。.*に届きました/);
  await page.close();
});
