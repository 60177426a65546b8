// Moments as the association's clock shows them, in the words of the chosen language.

import { language, word } from "./word.js";

let offset = 0;

/** How far the association's clock is from UTC, in minutes. */
export function setClock(minutes) {
  offset = minutes ?? -new Date().getTimezoneOffset();
}

const there = (at) => new Date(at + offset * 60_000);
const two = (number) => String(number).padStart(2, "0");
const dayOf = (at) => there(at).toISOString().slice(0, 10);

function numbers(at) {
  const moment = there(at);
  return {
    year: moment.getUTCFullYear(),
    month: word(`dates.month.${moment.getUTCMonth() + 1}`),
    day: moment.getUTCDate(),
    weekday: word(`dates.weekday.${moment.getUTCDay()}`),
    hour: moment.getUTCHours(),
    minute: two(moment.getUTCMinutes()),
  };
}

/** 「11月22日」. */
export const date = (at) => word("dates.date", numbers(at));
/** 「11月22日（日）」. */
export const dateWithWeekday = (at) => word("dates.date_weekday", numbers(at));
/** 「日曜」. */
export const weekday = (at) => word(`dates.weekday_long.${there(at).getUTCDay()}`);
/** The day of the month. */
export const dayNumber = (at) => String(there(at).getUTCDate());
/** 「2026年11月」. */
export const month = (at) => word("dates.month_year", numbers(at));
/** 「9時14分」, and on the hour 「9時」. */
export const time = (at) => word(there(at).getUTCMinutes() === 0 ? "dates.hour" : "dates.time", numbers(at));

/** 「今日 9時14分」, otherwise with its date. */
export function moment(at) {
  const days = { [dayOf(Date.now())]: "dates.today", [dayOf(Date.now() + 86_400_000)]: "dates.tomorrow" };
  const near = days[dayOf(at)];
  return word("dates.date_time", { date: near ? word(near) : date(at), time: time(at) });
}

/** A day of the association, 「2026-11-22」, in words. */
export function day(text, form = dateWithWeekday) {
  return form(Date.parse(`${text}T12:00:00Z`) - offset * 60_000);
}

/** A moment as a calendar file writes it, in UTC. */
export const stamp = (at) => new Date(at).toISOString().replace(/[-:]|\.\d+/g, "");
/** What a field of date and time shows for a moment. */
export const toField = (at) => (at ? there(at).toISOString().slice(0, 16) : "");
/** The moment a field of date and time says. */
export const fromField = (text) => (text ? Date.parse(`${text}Z`) - offset * 60_000 : null);

/** The language, for what reads aloud. */
export const voiceLanguage = () => (language() === "en" ? "en-GB" : "ja-JP");
