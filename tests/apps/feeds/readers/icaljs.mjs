// Reads calendars with ical.js, Thunderbird's own reader: node icaljs.mjs PACKAGE FILE...; writes one JSON list a file.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [ical, ...files] = process.argv.slice(2);
const { default: ICAL } = await import(pathToFileURL(ical));

const told = (value) =>
  value.isDate ? value.toString() : new Date(value.toUnixTime() * 1000).toISOString().replace(".000Z", "+00:00");

const read = (file) => {
  const calendar = new ICAL.Component(ICAL.parse(readFileSync(file, "utf8")));
  ICAL.TimezoneService.reset();
  calendar.getAllSubcomponents("vtimezone").forEach((zone) => ICAL.TimezoneService.register(zone));
  return calendar.getAllSubcomponents("vevent").map((event) => ({
    uid: event.getFirstPropertyValue("uid"),
    summary: event.getFirstPropertyValue("summary"),
    status: event.getFirstPropertyValue("status"),
    starts: told(event.getFirstPropertyValue("dtstart")),
    ends: told(event.getFirstPropertyValue("dtend")),
    location: event.getFirstPropertyValue("location") ?? "",
  }));
};

console.log(JSON.stringify(files.map(read)));
