// Holidays compared with date-holidays (npm), 2015 to 2035.
//
//     node holidays.mjs PROGRAM      exit code 1 if anything is unexplained

import Holidays from 'date-holidays';
import { Tally, ask, options } from './ask.mjs';

const { program } = options(0);
const codes = {
  US: ['US'], FR: ['FR'], 'FR-57': ['FR', '57'], 'GB-EAW': ['GB', 'ENG'], 'GB-SCT': ['GB', 'SCT'], 'GB-NIR': ['GB', 'NIR'], DE: ['DE'],
};
for (const state of ['BW', 'BY', 'BE', 'BB', 'HB', 'HH', 'HE', 'MV', 'NI', 'NW', 'RP', 'SL', 'SN', 'ST', 'SH', 'TH']) codes[`DE-${state}`] = ['DE', state];

const questions = [];
for (const code of Object.keys(codes)) for (let year = 2015; year <= 2035; year += 1) questions.push({ do: 'holidays', code, year });
const answers = await ask(program, questions);

/** Why a day is in one list only. What is not here is unexplained. */
function why(code, date, name, isOurs) {
  for (const [pattern, reason] of known) {
    if (pattern.test(`${isOurs ? 'ours' : 'theirs'} ${code} ${date} ${name}`)) return reason;
  }
  return 'UNEXPLAINED';
}

/** `ours|theirs CODE DATE NAME`. */
const known = [
  [/^ours US .* Veterans Day$/, 'Veterans Day on a weekend is observed like the others (5 U.S.C. 6103(b)); they leave it out'],
  [/^ours GB-SCT 2026-06-15 /, 'the bank holiday for the World Cup, proclaimed for Scotland alone; they do not have it yet'],
];

const tally = new Tally('date-holidays, days of 21 years');
questions.forEach(({ code, year }, i) => {
  const theirs = new Map(new Holidays(...codes[code]).getHolidays(year)
    .filter((day) => day.type === 'public' || (code.startsWith('GB') && day.type === 'bank'))
    .map((day) => [day.date.slice(0, 10), day.name]));
  const ours = new Map(answers[i].days.map(([date, name]) => [date, name]));
  for (const [date, name] of ours) {
    if (theirs.has(date)) tally.agree();
    else tally.differ(why(code, date, name, true), `ours ${code} ${date} ${name}`);
  }
  for (const [date, name] of theirs) {
    if (!ours.has(date)) tally.differ(why(code, date, name, false), `theirs ${code} ${date} ${name}`);
  }
});
tally.print();
process.exitCode = tally.unexplained > 0 ? 1 : 0;
