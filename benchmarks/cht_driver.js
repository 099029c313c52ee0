// Runs CHT's RulesEmitter for benchmarks/cht.py: one line of JSON in, one line of JSON out.
//
//   node cht_driver.js <folder of cht-conf-test-harness>
//
//   {"contact": .., "reports": [..], "calls": 0}    answers with the tasks: [name, first day, due day, last day]
//   {"contact": .., "reports": [..], "calls": 500}  answers with the CPU-seconds of one call, all threads counted
'use strict';

const fs = require('fs');
const path = require('path');
const readline = require('readline');

const folder = path.resolve(process.argv[2]);
const cores = require(path.join(folder, 'dist', 'all-chts-bundle.dev.js'));
const core = cores[Object.keys(cores)[0]];
const DAY = 24 * 60 * 60 * 1000;

// What cht-conf compiled for a sample project that the package carries, with our tasks in place of the sample's.
const compiled = () => {
  const sample = path.join(folder, 'test', 'collateral', 'project-with-source', 'app_settings.json');
  const rules = JSON.parse(fs.readFileSync(sample, 'utf8')).tasks.rules;
  const tasks = fs.readFileSync(path.join(__dirname, 'cht_tasks.js'), 'utf8');
  const ours = [
    ["function(e,t){const n=e=>({name:'cht.api.'", "n('permission_dne')]}", `function(module,exports){${tasks}\n}`],
    ["function(e,t){e.exports=[{id:'cht.api'", "date:'now'}]}", 'function(e,t){e.exports=[]}'],
  ];
  return ours.reduce((text, [from, to, module]) => {
    const [begin, end] = [text.indexOf(from), text.indexOf(to)];
    if (begin < 0 || end < begin) {
      throw new Error(`the sample project has no module from ${from} to ${to}`);
    }
    return text.slice(0, begin) + module + text.slice(end + to.length);
  }, rules);
};

const day = time => new Date(time).toISOString().slice(0, 10);
const windowOf = task => {
  const due = task.date.getTime();
  return [task.title, day(due - task.readyStart * DAY), day(due), day(due + task.readyEnd * DAY)];
};

const answer = async ({ contact, reports, calls }) => {
  if (!calls) {
    const { tasks } = await core.RulesEmitter.getEmissionsFor([contact], reports, []);
    return tasks.map(windowOf);
  }
  const before = process.cpuUsage();
  for (let call = 0; call < calls; call++) {
    await core.RulesEmitter.getEmissionsFor([contact], reports, []);
  }
  const used = process.cpuUsage(before);
  return (used.user + used.system) / 1e6 / calls;
};

core.RulesEmitter.initialize({
  rules: compiled(), rulesAreDeclarative: true, taskSchedules: [], contact: { _id: 'nurse' }, chtScriptApi: {},
});

const main = async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
  }
};
main();
