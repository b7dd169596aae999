# SPDX-License-Identifier: Apache-2.0
"""locks [SECONDS]: two threads compute, and three hold a lock in turns."""
import sys
import threading
import time

lock = threading.Lock()
end = time.monotonic() + float(sys.argv[1] if len(sys.argv) > 1 else 3)


def burn():
    while time.monotonic() < end:
        sum(range(1000))


def hold():
    while time.monotonic() < end:
        with lock:
            time.sleep(0.002)
        time.sleep(0.0002)


threads = [threading.Thread(target=run) for run in (burn, burn, hold, hold, hold)]
for thread in threads:
    thread.start()
print("ready", flush=True)
for thread in threads:
    thread.join()
