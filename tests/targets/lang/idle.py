# SPDX-License-Identifier: Apache-2.0
"""idle.py [SECONDS]: pools that have nothing to do, and a lock that is waited for. Without Python's frames
one looks like the other."""
import asyncio
import concurrent.futures
import queue
import sys
import threading
import time

jobs = queue.Queue()
lock = threading.Lock()
seconds = float(sys.argv[1] if len(sys.argv) > 1 else 5)


def work():
    while jobs.get():
        pass


def wait_for_lock():
    with lock:
        pass


def loop():
    asyncio.run(asyncio.sleep(seconds))


def main():
    lock.acquire()
    threads = [threading.Thread(target=f) for f in (work, work, wait_for_lock, loop)]
    for thread in threads:
        thread.start()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        pool.submit(time.sleep, 0)
        print("ready", flush=True)
        time.sleep(seconds)
    jobs.put(0)
    jobs.put(0)
    lock.release()
    for thread in threads:
        thread.join()


main()
