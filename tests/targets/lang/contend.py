# SPDX-License-Identifier: Apache-2.0
"""contend.py [SECONDS]: a pool whose workers sleep for their jobs. Says for how long, by its own clock."""
import concurrent.futures
import sys
import time

seconds = float(sys.argv[1] if len(sys.argv) > 1 else 2)
end = time.monotonic() + seconds


def job():
    start = time.monotonic_ns()
    time.sleep(0.004)
    return time.monotonic_ns() - start


total = 0
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    print("ready", flush=True)
    while time.monotonic() < end:
        total += sum(f.result() for f in [pool.submit(job) for _ in range(8)])
print("time_sleep", total)
