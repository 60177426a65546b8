// Every screen and state there is: how it comes about, and where it stands. Measured by every-screen.test.mjs, drawn by sheets.mjs.
//
// A state may need `before` (asked of the demo, not of a page) and `pressed` (done on the page once it is drawn). They come in this
// order, and each leaves the town as the next one wants it.

import { until } from "./harness/demo.mjs";
import { act, drawn, PC, PHONE } from "./harness/browser.mjs";

/** The phone's newest circular that still waits for its seal. */
export async function unread(asking, phone = "ume") {
  const person = await asking.person(phone);
  const page = await asking.call(phone, "notices", { person, filter: "unread", after: null, limit: 50 });
  const found = page.lines.find(({ kind }) => kind === "circular");
  if (!found) throw new Error(`${phone} has no circular to read`);
  return found.id;
}

/** The desk an officer's phone sends from. */
export async function desk(asking, phone = "aozora", kind = "association") {
  const desks = await asking.call(phone, "desks", { person: await asking.person(phone) });
  return desks.find((known) => known.kind === kind).group;
}

/** Sends a notice from the officer's desk to everybody of it. */
export async function broadcast(asking, given) {
  const [person, from] = [await asking.person("aozora"), await desk(asking)];
  const { groups } = await asking.call("aozora", "desk", { group: from });
  const audience = [groups.find(({ id }) => id === from).board];
  const draft = { kind: "circular", from, audience, points: {}, publish_at: null, until: null, ...given };
  return asking.call("aozora", "post", { person, draft });
}

/** Waits until nothing of a phone waits to be sent. */
export const sent = (asking, phone = "ume") => until(() => asking.call(phone, "outbox"), (waiting) => waiting.length === 0);

async function says(asking, phone, mood) {
  const person = await asking.person(phone);
  if (mood !== "talk") await asking.call(phone, "consent", { person, moods_to_team: true });
  return asking.call(phone, "check_in", { person, mood });
}

const home = (asking, phone) => async () => asking.call(phone, "home", { person: await asking.person(phone) });

/** A commissioner without a network takes on what its resident takes back meanwhile: the machine refuses it. */
export async function refuse(asking) {
  const op = await says(asking, "ume", "talk");
  await sent(asking, "ume");
  const person = await asking.person("team");
  const teamDesk = await desk(asking, "team", "team");
  await until(() => asking.call("team", "desk", { group: teamDesk }), ({ talks }) => talks.some((talk) => talk.op === op));
  await asking.network("team", true);
  await asking.call("team", "take_case", { person, case: op });
  await asking.call("ume", "take_back", { person: await asking.person("ume"), op });
  await sent(asking, "ume");
  await asking.network("team", false);
  return until(() => asking.call("team", "outbox"), (waiting) => waiting.some(({ state }) => state === "refused"));
}

/** A circular the town does not know yet. */
export const LETTER = { title: "冬のもちつき大会", text: "今年も中央公園でもちつきを行います。\nうすときねは町内会で用意します。雨のときは翌週に行います。" };

export const SCREENS = [
  { name: "join", title: "参加", phone: "new", hash: "#/join" },
  { name: "join-camera", title: "参加 カメラ", phone: "new", hash: "#/join/camera" },
  { name: "join-address", title: "参加 1", phone: "new", hash: "#/join/address" },
  { name: "join-check", title: "参加 2", phone: "new", hash: "#/join/check" },
  {
    name: "join-secret",
    title: "参加 3",
    phone: "new",
    hash: "#/join/secret",
    pressed: async (page) => {
      for (const letter of "K7M4PW3") await act(page, `key-${letter}`).click();
    },
  },
  { name: "home-asks", title: "ホーム", phone: "ume", hash: "#/home" },
  {
    name: "home-offline",
    title: "ホーム 圏外で答えた",
    phone: "ume",
    hash: "#/home",
    before: async (asking) => {
      await asking.network("ume", true);
      await says(asking, "ume", "good");
    },
  },
  { name: "outbox-waiting", title: "送信待ち", phone: "ume", hash: "#/outbox" },
  {
    name: "home-arrived",
    title: "ホーム 届いた",
    phone: "ume",
    hash: "#/home",
    before: async (asking) => {
      await asking.network("ume", false);
      await sent(asking);
      await until(home(asking, "ume"), ({ check_in: said }) => said?.state === "arrived");
    },
  },
  { name: "home-changes", title: "ホーム 変える", phone: "ume", hash: "#/home", pressed: (page) => act(page, "change").click() },
  { name: "outbox-empty", title: "送信待ち なし", phone: "ume", hash: "#/outbox" },
  { name: "notice-unread", title: "回覧", phone: "ume", hash: async (asking) => `#/notice/${await unread(asking)}` },
  {
    name: "notice-reading",
    title: "回覧 読み上げ",
    phone: "ume",
    hash: async (asking) => `#/notice/${await unread(asking)}`,
    pressed: (page) => act(page, "read-aloud").click(),
  },
  {
    name: "notice-waiting",
    title: "回覧 圏外で見た",
    phone: "nami",
    hash: async (asking, kept) => `#/notice/${kept.waiting}`,
    before: async (asking, kept) => {
      kept.waiting = await unread(asking, "nami");
      await asking.network("nami", true);
      await asking.call("nami", "acknowledge", { person: await asking.person("nami"), notice: kept.waiting });
    },
  },
  {
    name: "notice-seen",
    title: "回覧 見た",
    phone: "nami",
    hash: async (asking, kept) => `#/notice/${kept.waiting}`,
    before: async (asking) => {
      await asking.network("nami", false);
      await sent(asking, "nami");
    },
  },
  { name: "notice-missing", title: "回覧 なし", phone: "ume", hash: "#/notice/n0000000000001" },
  { name: "archive", title: "回覧の一覧", phone: "ume", hash: "#/archive" },
  { name: "archive-found", title: "さがす", phone: "ume", hash: `#/archive?q=${encodeURIComponent("ごみ")}` },
  { name: "archive-none", title: "さがす なし", phone: "ume", hash: `#/archive?q=${encodeURIComponent("月面旅行")}` },
  { name: "events", title: "予定", phone: "ume", hash: "#/events" },
  { name: "town", title: "町内会", phone: "ume", hash: "#/town" },
  { name: "phones", title: "わたしの電話", phone: "ume", hash: "#/phones" },
  { name: "settings", title: "設定", phone: "ume", hash: "#/settings" },
  { name: "practice", title: "練習", phone: "practice", hash: "#/practice" },
  { name: "practice-home", title: "練習 ホーム", phone: "practice", hash: "#/home" },
  {
    name: "talks-open",
    title: "相談の受付",
    phone: "team",
    hash: "#/talks",
    before: async (asking, kept) => {
      kept.talk = await says(asking, "ume", "talk");
      await sent(asking);
      const group = await desk(asking, "team", "team");
      await until(() => asking.call("team", "desk", { group }), ({ talks }) => talks.some(({ op }) => op === kept.talk));
    },
  },
  {
    name: "talks-taken",
    title: "相談 対応中",
    phone: "team",
    hash: "#/talks",
    before: async (asking, kept) => {
      await asking.call("team", "take_case", { person: await asking.person("team"), case: kept.talk });
      await sent(asking, "team");
    },
    pressed: (page) => act(page, "close").click(),
  },
  {
    name: "home-talk",
    title: "ホーム 相談したい",
    phone: "ume",
    hash: "#/home",
    before: (asking, kept) => until(async () => asking.call("ume", "my_talks", { person: await asking.person("ume") }), (talks) => talks.some(({ op, state }) => op === kept.talk && state === "taken")),
  },
  {
    name: "outbox-refused",
    title: "受け付けられない",
    phone: "team",
    hash: "#/outbox",
    before: async (asking, kept) => {
      await asking.call("team", "close_case", { person: await asking.person("team"), case: kept.talk, text: null });
      await sent(asking, "team");
      await refuse(asking);
    },
  },
  { name: "home-refused", title: "ホーム 受け付けられない", phone: "team", hash: "#/home" },
  {
    name: "desk",
    title: "役員の画面",
    phone: "aozora",
    view: "desk",
    viewport: PC,
    hash: async (asking) => `#/desk/${await desk(asking)}`,
  },
  { name: "desk-phone", title: "役員 電話で", phone: "aozora", hash: async (asking) => `#/desk/${await desk(asking)}` },
  {
    name: "desk-notice",
    title: "役員 電話で 回覧",
    phone: "aozora",
    hash: async (asking) => {
      const group = await desk(asking);
      const { sent: all } = await asking.call("aozora", "desk", { group });
      return `#/desk/${group}/${all.find(({ counts }) => counts).notice}`;
    },
  },
  { name: "homes", title: "世帯・参加", phone: "aozora", hash: async (asking) => `#/homes/${await desk(asking)}` },
  { name: "send", title: "送る 1", phone: "aozora", hash: async (asking) => `#/send/${await desk(asking)}` },
  {
    name: "send-audience",
    title: "送る 2",
    phone: "aozora",
    hash: async (asking) => `#/send/${await desk(asking)}`,
    pressed: toAudience,
  },
  {
    name: "send-confirm",
    title: "送る 3",
    phone: "aozora",
    hash: async (asking) => `#/send/${await desk(asking)}`,
    pressed: async (page) => {
      await toAudience(page);
      await act(page, "to-confirm").click();
      await drawn(page, "send-confirm");
    },
  },
  {
    name: "home-emergency",
    title: "ホーム 緊急",
    phone: "ume",
    hash: "#/home",
    before: async (asking) => {
      await broadcast(asking, { kind: "emergency", title: "今夜10時から断水します", text: "明日の朝4時まで。お風呂に水をためてください。", points: { when: "今夜10時から明日の朝4時" }, until: Date.now() + 6 * 60 * 60 * 1000 });
      await until(home(asking, "ume"), ({ emergencies }) => emergencies.length > 0);
    },
  },
  { name: "stage", title: "体験のページ", path: "/", frames: ["#phone", "#desk"], viewport: PC, phone: "ume" },
].map((screen) => ({ viewport: PHONE, ...screen }));

/** Writes a circular and goes on to whom it goes. */
export async function toAudience(page) {
  await page.locator("#write-title").fill(LETTER.title);
  await page.locator("#write-text").fill(LETTER.text);
  await act(page, "to-audience").click();
  await drawn(page, "send-audience");
}
