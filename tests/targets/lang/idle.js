// SPDX-License-Identifier: Apache-2.0
/* idle.js [SECONDS]: the event loop, libuv's pool and V8's have nothing to do; a worker waits for a lock of
 * the program's own, in Atomics.wait. */
'use strict';

const fs = require('fs');
const { Worker, isMainThread, workerData } = require('worker_threads');

function waitForLock(lock) {
	Atomics.wait(lock, 0, 1);
}

function main() {
	const lock = new Int32Array(new SharedArrayBuffer(4));
	const end = Date.now() + 1000 * (process.argv[2] || 5);

	lock[0] = 1;
	const worker = new Worker(__filename, { workerData: lock });
	worker.on('online', () => console.log('ready'));
	const timer = setInterval(() => {
		for (let i = 0; i < 4; i++)
			fs.stat('/', () => {});
		if (Date.now() < end)
			return;
		clearInterval(timer);
		Atomics.store(lock, 0, 0);
		Atomics.notify(lock, 0);
	}, 100);
}

if (isMainThread)
	main();
else
	waitForLock(workerData);
