// The windows of lit-standard's visits as the tasks.js of a CHT project: what cht-conf compiles and CHT's RulesEmitter runs.
// A task has a due date and says how many days before and after it is ready: CHT has no absolute minimum, no maximum,
// no proposal and no reason. A visit that nothing dates yet has no task.

const newest = (contact, forms, fields) => Utils.getMostRecentReport(contact.reports, forms, fields);
const dayOf = report => report && new Date(report.reported_date);
const later = (one, other) => (!one ? other : !other ? one : one > other ? one : other);

const start = contact => dayOf(newest(contact, 'course-start'));
// Reports come by date, so the first one of a test is the baseline.
const baseline = contact => dayOf(contact.reports.find(report => report.form === 'apca')) || start(contact);
const done = (contact, number) =>
  dayOf(newest(contact, ['sensitisation', 'booking'], { step: 'sensitisation', occurrence: number }));
const firstDose = contact => later(Utils.addDate(baseline(contact), 21), start(contact));
const dose = (contact, number) => done(contact, number) || doseDue(contact, number);
const doseDue = (contact, number) =>
  (number === 1 ? firstDose(contact) : Utils.addDate(dose(contact, number - 1), 28));
const attempt = contact => dayOf(newest(contact, 'conception-attempt'));
const lastPeriod = contact => {
  const dating = newest(contact, 'dating', { basis: 'ovulation' });
  return dating && Utils.addDate(dayOf(dating), -14);
};
const inSixMonths = day => {
  const moved = new Date(day.getTime());
  moved.setMonth(moved.getMonth() + 6);
  return moved;
};

const visit = (name, form, before, after, dueDate, applies) => ({
  name,
  title: name,
  icon: 'icon-visit',
  appliesTo: 'contacts',
  appliesToType: ['person'],
  appliesIf: contact => Boolean(start(contact)) && (!applies || applies(contact)),
  actions: [{ type: 'report', form }],
  events: [{ id: name, start: before, end: after, dueDate: (event, contact) => dueDate(contact) }],
});

module.exports = [
  visit('baseline', 'apca', 0, 14, start),
  visit('dose 1', 'sensitisation', 21, 21, contact => doseDue(contact, 1)),
  visit('dose 2', 'sensitisation', 7, 14, contact => doseDue(contact, 2)),
  visit('dose 3', 'sensitisation', 7, 14, contact => doseDue(contact, 3)),
  visit('test', 'apca', 14, 14, contact => Utils.addDate(dose(contact, 3), 28)),
  visit('booster', 'preconception-booster', 28, 14, contact => Utils.addDate(attempt(contact), -14), attempt),
  // Until an attempt is planned, only the gap after the last dose is known.
  visit('booster, earliest', 'preconception-booster', 0, 365, contact => Utils.addDate(dose(contact, 3), 21),
    contact => !attempt(contact)),
  visit('early booster', 'early-pregnancy-booster', 0, 6, contact => Utils.addDate(lastPeriod(contact), 56), lastPeriod),
  visit('re-dose', 're-dose', 0, 365,
    contact => inSixMonths(later(dose(contact, 3), dayOf(newest(contact, 'preconception-booster'))))),
];
