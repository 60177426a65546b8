// 予定に入れる: a calendar file of one event, as every phone's calendar takes it.

import { stamp } from "../clock.js";
import { word } from "../word.js";

/** Hands the event to whatever keeps the calendar on this phone. */
export function toCalendar({ id, title, starts, ends, place, when, text }) {
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Kairan//Kairan//JA",
    "BEGIN:VEVENT",
    `UID:${id}@kairan`,
    `DTSTAMP:${stamp(Date.now())}`,
    `DTSTART:${stamp(starts)}`,
    ends && `DTEND:${stamp(ends)}`,
    `SUMMARY:${escaped(title)}`,
    place && `LOCATION:${escaped(place)}`,
    `DESCRIPTION:${escaped([when, text].filter(Boolean).join("\n"))}`,
    "END:VEVENT",
    "END:VCALENDAR",
  ];
  const file = new Blob([lines.filter(Boolean).map(folded).join("\r\n"), "\r\n"], { type: "text/calendar;charset=utf-8" });
  const address = URL.createObjectURL(file);
  const link = Object.assign(document.createElement("a"), { href: address, download: word("events.calendar_file") });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

const escaped = (text) => text.replace(/[\\;,]/g, (mark) => `\\${mark}`).replace(/\r?\n/g, "\\n");

/** A line of a calendar file has at most 75 octets. */
function folded(line) {
  const octets = new TextEncoder();
  let out = "";
  let length = 0;
  for (const letter of line) {
    const size = octets.encode(letter).length;
    if (length + size > 73) {
      out += "\r\n ";
      length = 1;
    }
    out += letter;
    length += size;
  }
  return out;
}
